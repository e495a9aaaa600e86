// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Range header (RFC 9110 §14): one range of bytes, or as good as none.

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailkeep::api {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};

struct RangeWish {
  std::optional<ByteRange> range;  // empty: all of it
  bool is_outside = false;         // nothing of what was asked for exists: 416
};

// Several ranges, another unit or a syntax error: the header is ignored.
RangeWish parse_range(std::string_view header, std::uint64_t size);

}  // namespace mailkeep::api
