// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/command.h"

#include <algorithm>

#include "common/digest.h"
#include "common/encoding.h"
#include "net/secret.h"

namespace mailkeep::fetcher::imap {

using common::ErrorKind;

namespace {

// Longer than most lines, so that growing seldom leaves copies of a password behind.
constexpr std::size_t kReservedBytes = 1024;
// Longer strings go as literals: some servers cut long lines.
constexpr std::size_t kQuotedBytes = 200;

bool is_quotable(std::string_view bytes) {
  return bytes.size() <= kQuotedBytes &&
         std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

Command::Command(std::string_view first, bool can_send_at_once)
    : can_send_at_once_(can_send_at_once) {
  segments_.emplace_back().reserve(kReservedBytes);
  text(first);
}

Command::~Command() {
  for (std::string& segment : segments_) net::zero(segment);
}

Command& Command::text(std::string_view text) {
  segments_.back() += text;
  return *this;
}

common::Status Command::string(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) {
    return common::fail(ErrorKind::Config, "a NUL byte cannot be sent in an IMAP command");
  }
  if (is_quotable(bytes)) {
    segments_.back() += '"';
    for (const char c : bytes) {
      if (c == '"' || c == '\\') segments_.back() += '\\';
      segments_.back() += c;
    }
    segments_.back() += '"';
    return {};
  }
  // A server that promised LITERAL+ and does not keep it would read the bytes as commands. Only
  // bytes that cannot end a line are entrusted to that promise.
  const bool at_once = can_send_at_once_ && bytes.find_first_of("\r\n") == std::string_view::npos;
  segments_.back() += fmt::format("{{{}{}}}\r\n", bytes.size(), at_once ? "+" : "");
  if (!at_once) segments_.emplace_back().reserve(kReservedBytes);
  segments_.back() += bytes;
  return {};
}

std::string make_tag() { return "m" + common::to_hex(common::random_bytes(6)); }

}  // namespace mailkeep::fetcher::imap
