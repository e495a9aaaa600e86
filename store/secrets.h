// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Secrets that are random themselves, and so need no slow hash. Private to store/.

#include <string>
#include <string_view>

#include "common/digest.h"

namespace mailkeep::store {

std::string random_secret();                             // 256 bits in base64url, 43 characters
std::string random_word(std::size_t length);             // of lower-case letters and digits
common::Digest hash_of_secret(std::string_view secret);  // SHA-256

}  // namespace mailkeep::store
