// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Passwords of people: Argon2id (RFC 9106) as libsodium writes it. Private to store/.

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace mailkeep::store {

// Usage unless it is UTF-8 of 12 characters to 1024 bytes.
common::Status check_new_password(std::string_view password);
std::string hash_password(std::string_view password);

// The same work whatever is given: without a hash it is done on one that fits no password. At most
// two at a time in this process, for each takes 64 MiB.
bool is_password(std::string_view password, const std::optional<std::string>& hash);

}  // namespace mailkeep::store
