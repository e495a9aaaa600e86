// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HeaderWriter: header fields that nothing can break out of (RFC 5322 §2.2, RFC 2047). Lines end
// with CRLF and are folded at 76 bytes where there is a place to fold. Private to api/reply. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "message/parsed_message.h"

namespace mailkeep::reply {

// One line of at most max_bytes: what could end a line, hide or turn text becomes a space; runs of
// blanks become one. Cut between characters, with "..." at the end.
std::string one_line(std::string_view text, std::size_t max_bytes);

class HeaderWriter {
 public:
  // Plain ASCII that is ours: a date, a version.
  void plain(std::string_view name, std::string_view value);
  // Any text: as it is where it is ASCII, else in encoded words.
  void text(std::string_view name, std::string_view value);
  void addresses(std::string_view name, const std::vector<message::Address>& list);
  // Message-IDs without their angle brackets; nothing is written for an empty list.
  void message_ids(std::string_view name, const std::vector<std::string>& ids);

  std::string take() { return std::move(bytes_); }

 private:
  void begin(std::string_view name);
  void word(std::string_view bytes);  // with a blank or a fold before it
  void end();

  std::string bytes_;
  std::size_t column_ = 0;
};

}  // namespace mailkeep::reply
