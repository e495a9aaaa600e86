// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Query parameters that many lists share. Problem: bad-parameter, with the name and what it takes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "api/request.h"

namespace mailkeep::api {

inline constexpr std::uint64_t kDefaultLimit = 50;
inline constexpr std::uint64_t kMaxLimit = 500;

tl::expected<std::uint64_t, Problem> limit_of(const Request& request);
tl::expected<bool, Problem> flag_of(const Request& request, std::string_view name);  // false
tl::expected<std::string, Problem> required_parameter(const Request& request, std::string_view name,
                                                      std::size_t max_bytes);
tl::expected<std::uint64_t, Problem> required_number(const Request& request, std::string_view name);

}  // namespace mailkeep::api
