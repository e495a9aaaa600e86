// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Text of a reply: quotation, and what goes over the wire. Private to api/reply. Pure.

#include <string>
#include <string_view>

namespace mailkeep::reply {

// CR LF, CR and LF alike become LF; none stands at the end.
std::string with_plain_lines(std::string_view text);

// "> " before each line (">" before one that is quoted already); cut to max_bytes, visibly.
std::string quoted_lines(std::string_view text, std::size_t max_bytes);

struct EncodedText {
  std::string_view transfer_encoding;  // "7bit" or "quoted-printable"
  std::string bytes;                   // CRLF line ends, no line over 76 bytes, ASCII
};
// text: UTF-8 with LF line ends.
EncodedText encode_text(std::string_view text);

}  // namespace mailkeep::reply
