// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Addresses as they are compared. Private to api/reply; is_address() and sender_of() are in
// compose.h. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::reply {

std::string_view local_part_of(std::string_view address);
std::string_view domain_of(std::string_view address);
bool is_ascii(std::string_view text);

// ASCII letters in lower case. Local parts are case-sensitive by the letter of RFC 5321 §2.4 and
// nowhere in fact; who is answered twice because of a capital is annoyed.
std::string folded(std::string_view address);
bool is_among(std::string_view address, const std::vector<std::string>& list);

}  // namespace mailkeep::reply
