// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <limits>

#include "api/range_internal.h"
#include "api/request.h"

namespace mailkeep::api {

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// A number too large for us lies behind every end.
std::optional<std::uint64_t> parse_number(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return value;
}

RangeWish suffix(std::uint64_t wanted, std::uint64_t size) {
  const std::uint64_t count = std::min(wanted, size);
  if (count == 0) return {std::nullopt, true};
  return {ByteRange{size - count, count}, false};
}

}  // namespace

RangeWish parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.size() < kUnit.size() || !equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) {
    return {};
  }
  const std::string_view spec = header.substr(kUnit.size());
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = parse_number(spec.substr(0, dash));
  const auto last = parse_number(spec.substr(dash + 1));
  if (dash == 0) return last ? suffix(*last, size) : RangeWish{};
  if (!first || (!last && dash + 1 != spec.size())) return {};
  if (last && *last < *first) return {};
  if (*first >= size) return {std::nullopt, true};
  return {ByteRange{*first, std::min(last.value_or(kMost), size - 1) - *first + 1}, false};
}

}  // namespace mailkeep::api
