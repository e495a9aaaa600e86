// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// UidSegments: a set of UIDs in pieces of 65,536 UIDs each, in the compact form that stands on disk
// (docs/formats.md, "Segments"): 30 scattered UIDs take some 60 bytes, any number at most 8,193.
// There is one form for each set, so equal bytes are equal sets. Private to store/. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/uid_set.h"

namespace mailkeep::store {

inline constexpr std::uint32_t kSegmentBits = 16;

constexpr std::uint32_t segment_of(Uid uid) { return uid >> kSegmentBits; }

struct UidSegment {
  std::uint32_t number = 0;
  std::string bytes;
};

// Only those that hold something, ascending.
std::vector<UidSegment> to_segments(const UidSet& uids);

// Adds what the segment holds. False if the bytes are not the one form of a set.
[[nodiscard]] bool add_segment(std::int64_t number, std::string_view bytes, UidSet& uids);

// The numbers of the segments that hold any of these UIDs, ascending.
std::vector<std::int64_t> segments_of(const UidSet& uids);
// All UIDs of these segments.
UidSet span_of_segments(const std::vector<std::int64_t>& numbers);

}  // namespace mailkeep::store
