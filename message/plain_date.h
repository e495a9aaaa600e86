// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The date-time of RFC 5322 §3.3 in the forms that occur, without a library. Private to message/.

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailkeep::message {

// Seconds since 1970 UTC; nothing if it is unreadable or outside the years 1970 to 2099.
std::optional<std::int64_t> read_plain_date(std::string_view value);

}  // namespace mailkeep::message
