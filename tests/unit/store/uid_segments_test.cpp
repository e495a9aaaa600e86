// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/uid_segments.h"

#include <gtest/gtest.h>

#include <random>

namespace mailkeep::store {
namespace {

Uid below(std::mt19937& random, Uid limit) { return static_cast<Uid>(random() % limit); }

UidSet from_segments(const std::vector<UidSegment>& segments) {
  UidSet uids;
  for (const UidSegment& segment : segments) {
    EXPECT_TRUE(add_segment(segment.number, segment.bytes, uids)) << segment.number;
    EXPECT_LE(segment.bytes.size(), 8193U);
  }
  return uids;
}

TEST(UidSegments, GiveEverySetBack) {
  for (const char* text : {"", "1", "65535", "65536", "65535:65536", "1:4294967295", "4294967295",
                           "1:3,9,70000:200000", "4294901760:4294967295"}) {
    const UidSet uids = *UidSet::from_string(text);
    EXPECT_EQ(from_segments(to_segments(uids)), uids) << text;
  }
}

TEST(UidSegments, GiveRandomSetsBackFromRunsAndBitmaps) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same sets each time
  for (const std::uint32_t step : {2U, 3U, 17U, 400U, 100'000U, 3'000'000U}) {
    UidSet uids;
    Uid uid = 1 + below(random, step);
    for (int i = 0; i < 20'000 && uid < 4'000'000'000U; ++i, uid += 1 + below(random, 2 * step))
      uids.add(uid);
    EXPECT_EQ(from_segments(to_segments(uids)), uids) << step;
  }
}

TEST(UidSegments, TakeLittleRoom) {
  UidSet scattered;
  for (Uid n = 0; n < 30; ++n) scattered.add(1 + n * 2000);
  EXPECT_LE(to_segments(scattered).at(0).bytes.size(), 100U);
  UidSet half;
  for (Uid uid = 1; uid < 65'536; uid += 2) half.add(uid);
  EXPECT_EQ(to_segments(half).at(0).bytes.size(), 8193U);
  UidSet all;
  all.add(1, 2'000'000);
  std::size_t bytes = 0;
  for (const UidSegment& segment : to_segments(all)) bytes += segment.bytes.size();
  EXPECT_LT(bytes, 200U);
}

TEST(UidSegments, HaveOneFormForEachSet) {
  UidSet uids;
  const auto is_read = [&](std::int64_t number, std::string bytes) {
    return add_segment(number, bytes, uids);
  };
  EXPECT_TRUE(is_read(1, std::string("\1\0\0", 3)));
  EXPECT_FALSE(is_read(0, std::string("\1\0\0", 3)));   // no UID is 0
  EXPECT_FALSE(is_read(-1, std::string("\1\0\0", 3)));  // no such segment
  EXPECT_FALSE(is_read(65'536, std::string("\1\0\0", 3)));
  EXPECT_FALSE(is_read(1, std::string("\1\0", 2)));              // half a pair
  EXPECT_FALSE(is_read(1, "\1"));                                // nothing, and not empty
  EXPECT_FALSE(is_read(1, std::string("\1\0\0\0\0", 5)));        // two runs that are one
  EXPECT_FALSE(is_read(1, std::string("\1\x80\0\0", 4)));        // a padded number
  EXPECT_FALSE(is_read(1, std::string("\1\xff\xff\x7f\0", 5)));  // beyond the segment
  EXPECT_FALSE(is_read(1, std::string("\3\0\0", 3)));
  EXPECT_FALSE(is_read(1, '\2' + std::string(8192, '\0')));  // would be shorter as runs
  EXPECT_FALSE(is_read(1, '\2' + std::string(8191, '\x55')));
  EXPECT_TRUE(is_read(1, '\2' + std::string(8192, '\x55')));
}

TEST(UidSegments, AreKnownByTheirUids) {
  const std::vector<std::int64_t> numbers = segments_of(*UidSet::from_string("5,9,65530:131072"));
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_TRUE(segments_of({}).empty());
}

}  // namespace
}  // namespace mailkeep::store
