// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What may go over the wire of SMTP (RFC 5321 §2.3.8, §4.5.2). Pure.

#include <string>
#include <string_view>

#include "common/result.h"

namespace mailkeep::reply {

inline constexpr std::size_t kMaxWireLine = 998;  // RFC 5322 §2.1.1, without CRLF

// Malformed unless every line ends with CRLF, no CR or LF stands alone, there is no NUL, and no
// line is longer than kMaxWireLine: then no server can see two messages where we see one.
common::Status check_wire_form(std::string_view bytes);

bool has_eight_bits(std::string_view bytes);

// Dots doubled at the beginnings of lines, and the final dot. bytes: in wire form.
std::string dot_stuffed(std::string_view bytes);

}  // namespace mailkeep::reply
