// SPDX-License-Identifier: GPL-3.0-or-later
// The other end of a ParserPool or a Viewer. The process that was started loads everything that
// parsing may ever need and stays single-threaded; it never reads a byte of mail. For each lifetime
// it forks a child, which goes into the cage and parses. A child leaves only between two frames, so
// the next one finds the stream in order; when one dies in any other way, the whole process ends
// and the pool starts a new one.
#include <fcntl.h>
#include <glib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>

#include "common/encoding.h"
#include "message/charset.h"
#include "message/make_view.h"
#include "message/misbehave.h"
#include "message/parse.h"
#include "message/parser_pool.h"
#include "message/sandbox.h"
#include "message/wire.h"

namespace mailkeep::message {
namespace {

constexpr int kExitEnd = 0;
constexpr int kExitRetired = 10;
constexpr int kExitNoCage = 11;
constexpr int kExitBroken = 12;

bool read_exactly(char* out, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = read(STDIN_FILENO, out, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

bool reply(std::string_view frame) {
  if (frame.size() > kMaxReplyBytes) return false;
  std::string length;
  common::put_u32(length, static_cast<std::uint32_t>(frame.size()));
  return write_all(length) && write_all(frame);
}

bool reply_with_part(std::string_view request) {
  common::FieldReader in(request);
  const std::string_view number = in.field();
  if (!in.ok()) return false;
  const std::string_view raw = request.substr(4 + number.size());
  misbehave_if_asked(raw);
  bool is_written = true;
  const PartFinding finding = find_part(
      raw, number,
      [&](const Part& part) {
        return is_written = reply(encode(PartReply{PartFinding::Found, part}));
      },
      [&](std::string_view bytes) {
        while (is_written && !bytes.empty()) {
          is_written = reply(bytes.substr(0, kMaxPieceBytes));
          bytes.remove_prefix(std::min(bytes.size(), kMaxPieceBytes));
        }
        return is_written;
      });
  if (finding != PartFinding::Found) return reply(encode(PartReply{finding, {}}));
  return is_written && reply({});
}

bool answer(std::uint8_t kind, std::string_view request) {
  if (kind == kFramePart) return reply_with_part(request);
  misbehave_if_asked(request);
  if (kind == kFrameView) return reply(encode(make_view(request)));
  return reply(encode(parse(request)));
}

bool is_request(std::uint8_t kind) {
  return kind == kFrameMessage || kind == kFrameView || kind == kFramePart;
}

int serve() {
  std::string raw;
  for (;;) {
    std::string header(kFrameHeaderBytes, '\0');
    if (!read_exactly(header.data(), header.size())) return kExitEnd;
    common::FieldReader in(header);
    const std::uint8_t kind = in.u8();
    const std::uint32_t length = in.u32();
    if (kind == kFrameRetire && length == 0) return kExitRetired;
    if (!is_request(kind) || length > kMaxRequestBytes + 4 + kMaxNumberBytes) return kExitBroken;
    raw.resize(length);
    if (!read_exactly(raw.data(), length)) return kExitEnd;
    if (!answer(kind, raw)) return kExitBroken;
  }
}

[[noreturn]] void live_in_the_cage(bool is_first) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (!confine_this_process()) _exit(kExitNoCage);
  if (is_first && !write_all(std::string_view(&kHello, 1))) _exit(kExitEnd);
  _exit(serve());
}

// Code and tables that are loaded at first use must be there before files are out of reach.
void warm_up() {
  constexpr std::string_view kSample =
      "From: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= <a@example.org>\r\n"
      "Date: Mon, 1 Jan 2024 10:00:00 EST\r\n"
      "Subject: =?utf-8?Q?=C3=A4?=\r\n"
      "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
      "--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>a&auml;<b>b\r\n"
      "--x\r\nContent-Type: message/rfc822\r\n\r\nDate: 1 Jan 24 10:00 +0100\r\n\r\ntext\r\n"
      "--x\r\nContent-Type: application/pkcs7-mime\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n";
  static_cast<void>(make_view(kSample));
  static_cast<void>(parse("Date: Tue, 2 Jan 2024 10:00:00\r\n\r\n\xff"));
}

void ignore_log(const gchar*, GLogLevelFlags, const gchar*, gpointer) {}

}  // namespace

int parser_child_main() {
  close_range(STDERR_FILENO + 1, ~0U, 0);
  g_log_set_default_handler(ignore_log, nullptr);
  const std::vector<Converter> charsets = preload_charsets();
  warm_up();
  for (bool is_first = true;; is_first = false) {
    const pid_t child = fork();
    if (child < 0) return kExitBroken;
    if (child == 0) live_in_the_cage(is_first);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
      if (errno != EINTR) return kExitBroken;
    if (!WIFEXITED(status)) return kExitBroken;
    if (WEXITSTATUS(status) != kExitRetired) return WEXITSTATUS(status);
  }
}

}  // namespace mailkeep::message
