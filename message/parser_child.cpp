// SPDX-License-Identifier: GPL-3.0-or-later
// The other end of a ParserPool. The process that was started loads everything that parsing may
// ever need and stays single-threaded; it never reads a byte of mail. For each lifetime it forks a
// child, which goes into the cage and parses. A child leaves only between two frames, so the next
// one finds the stream in order; when one dies in any other way, the whole process ends and the
// pool starts a new one.
#include <fcntl.h>
#include <glib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "common/encoding.h"
#include "message/charset.h"
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

bool answer(std::string_view raw) {
  misbehave_if_asked(raw);
  const std::string reply = encode(parse(raw));
  if (reply.size() > kMaxReplyBytes) return false;
  std::string length;
  common::put_u32(length, static_cast<std::uint32_t>(reply.size()));
  return write_all(length) && write_all(reply);
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
    if (kind != kFrameMessage || length > kMaxRequestBytes) return kExitBroken;
    raw.resize(length);
    if (!read_exactly(raw.data(), length)) return kExitEnd;
    if (!answer(raw)) return kExitBroken;
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
  static_cast<void>(parse(kSample));
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
