// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Dates and sizes as people write them in a query. Private to indexer/.

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "common/clock.h"

namespace mailkeep::search {

inline constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

struct Range {
  std::int64_t from = 0;     // included
  std::int64_t to = kNoEnd;  // excluded
};

// Seconds since 1970 UTC. 2024, 2024-03, 2024-03-01, today, yesterday, 7d, 4w, 6m, 1y (that long up
// to now), and A..B with either end left open. Nothing if it is none of these.
std::optional<Range> parse_dates(std::string_view text, common::Micros now);

// 300, 20k, 5M, 1G (powers of 1024).
std::optional<std::int64_t> parse_size(std::string_view text);

}  // namespace mailkeep::search
