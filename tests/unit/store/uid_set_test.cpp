// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/uid_set.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <string>

namespace mailkeep::store {
namespace {

Uid below(std::mt19937& random, Uid limit) { return static_cast<Uid>(random() % limit); }

constexpr Uid kMaxUid = 4'294'967'295U;

UidSet set_of(std::string_view text) {
  const auto set = UidSet::from_string(text);
  EXPECT_TRUE(set) << text;
  return set.value_or(UidSet());
}

TEST(UidSet, JoinsWhatTouches) {
  UidSet set;
  set.add(5);
  set.add(1, 3);
  EXPECT_EQ(set.to_string(), "1:3,5");
  set.add(4);
  EXPECT_EQ(set.to_string(), "1:5");
  set.add(9, 12);
  set.add(2, 10);
  EXPECT_EQ(set.to_string(), "1:12");
  EXPECT_EQ(set.size(), 12U);
}

TEST(UidSet, HoldsTheLastUidThereIs) {
  UidSet set;
  set.add(kMaxUid);
  set.add(kMaxUid - 1);
  set.add(1);
  EXPECT_EQ(set.to_string(), "1,4294967294:4294967295");
  set.add(1, kMaxUid);
  EXPECT_EQ(set.size(), 4'294'967'295U);
  EXPECT_TRUE(set.contains(kMaxUid));
  EXPECT_TRUE(set.without(set).empty());
  EXPECT_EQ(set.without(set_of("1")).to_string(), "2:4294967295");
  EXPECT_EQ(set.without(set_of("4294967295")).to_string(), "1:4294967294");
}

TEST(UidSet, ReadsRangesInAnyOrder) {
  EXPECT_EQ(set_of("9:5,1,3:2,4").to_string(), "1:9");
  EXPECT_EQ(set_of("7,7,7").to_string(), "7");
  EXPECT_EQ(set_of("").to_string(), "");
}

TEST(UidSet, RefusesWhatIsNoSequenceSet) {
  for (const char* text : {"0",     "1:0", "0:1",  "01",         "1,",
                           ",1",    ",",   ":",    "1:",         ":1",
                           "1:2:3", "*",   "1:*",  "-1",         "+1",
                           " 1",    "1 ",  "1, 2", "4294967296", "99999999999999999999999",
                           "1a",    "a",   "1\n",  "1;2"})
    EXPECT_FALSE(UidSet::from_string(text)) << text;
  EXPECT_FALSE(UidSet::from_string(std::string_view("1\0", 2)));
}

TEST(UidSet, ReadsAMillionScatteredRanges) {
  std::string text;
  for (Uid uid = 2'000'000; uid > 0; uid -= 2) text += std::to_string(uid) + ",";
  text.pop_back();

  EXPECT_EQ(set_of(text).size(), 1'000'000U);
}

// Every operation against std::set, over a small world where everything touches.
TEST(UidSet, AgreesWithAPlainSet) {
  std::mt19937 random(7);
  const auto any = [&random](Uid most) { return static_cast<Uid>(random() % most) + 1; };
  for (int round = 0; round < 2000; ++round) {
    UidSet a;
    UidSet b;
    std::set<Uid> plain_a;
    std::set<Uid> plain_b;
    for (int i = 0; i < 8; ++i) {
      const Uid first = any(40);
      const Uid last = first + any(4) - 1;
      const bool into_a = random() % 2 == 0;
      (into_a ? a : b).add(first, last);
      for (Uid uid = first; uid <= last; ++uid) (into_a ? plain_a : plain_b).insert(uid);
    }
    UidSet both = a;
    both.add(b);
    UidSet removed = a;
    removed.remove(b);
    const UidSet common_part = a.intersection(b);
    for (Uid uid = 1; uid <= 45; ++uid) {
      ASSERT_EQ(a.contains(uid), plain_a.contains(uid));
      ASSERT_EQ(both.contains(uid), plain_a.contains(uid) || plain_b.contains(uid));
      ASSERT_EQ(removed.contains(uid), plain_a.contains(uid) && !plain_b.contains(uid));
      ASSERT_EQ(common_part.contains(uid), plain_a.contains(uid) && plain_b.contains(uid));
    }
    ASSERT_EQ(a.size(), plain_a.size());
    for (const UidSet& set : {a, both, removed, common_part}) {
      ASSERT_EQ(UidSet::from_string(set.to_string()), set);
      for (std::size_t i = 1; i < set.ranges().size(); ++i)
        ASSERT_GT(set.ranges()[i].first, set.ranges()[i - 1].last + 1);
    }
  }
}

TEST(UidSet, TakesUidsInAnyOrder) {
  std::mt19937 random(11);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same sets each time
  UidSet set;
  std::set<Uid> wanted;
  for (int i = 0; i < 30'000; ++i) {
    const Uid uid = 1 + below(random, 50'000);
    set.add(uid);
    wanted.insert(uid);
    if (i % 5000 == 0) {
      ASSERT_EQ(set.size(), wanted.size());
    }
  }
  EXPECT_EQ(set.size(), wanted.size());
  UidSet other;
  other.add(std::vector<Uid>(wanted.rbegin(), wanted.rend()));
  EXPECT_EQ(set, other);
  for (Uid uid = 1; uid < 50'100; ++uid) ASSERT_EQ(set.contains(uid), wanted.contains(uid));
}

TEST(UidSet, RemovesFewFromMany) {
  UidSet many;
  for (Uid uid = 10; uid < 100'000; uid += 3) many.add(uid, uid + 1);
  for (const char* text : {"1", "10", "11", "12", "10:11", "9:12", "50000:60000", "1:4294967295",
                           "99998:4294967295", "10,500:503,70000"}) {
    const UidSet few = set_of(text);
    UidSet removed = many;
    removed.remove(few);
    EXPECT_EQ(removed, many.without(few)) << text;
    EXPECT_EQ(many.intersects(few), !many.intersection(few).empty()) << text;
    EXPECT_EQ(few.intersects(many), !many.intersection(few).empty()) << text;
  }
  UidSet whole = set_of("1:100");
  whole.remove(set_of("50"));
  EXPECT_EQ(whole.to_string(), "1:49,51:100");
  whole.remove(whole);
  EXPECT_TRUE(whole.empty());
}

TEST(UidSet, AddsFewToMany) {
  UidSet many;
  for (Uid uid = 10; uid < 100'000; uid += 3) many.add(uid);
  for (const char* text : {"1", "11:12", "99999,100001", "5:200000", ""}) {
    UidSet added = many;
    added.add(set_of(text));
    UidSet other = set_of(text);
    other.add(many);
    EXPECT_EQ(added, other) << text;
  }
  many.add(many);
  EXPECT_EQ(many.size(), 33'330U);
}

// A million ranges in any order, and the operations of a pass over them: each is some tens of
// milliseconds where a quadratic one would take hours.
TEST(UidSet, StaysFastWithAMillionScatteredUids) {
  constexpr std::size_t kUids = 1'000'000;
  std::mt19937 random(13);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same sets each time
  const auto begin = std::chrono::steady_clock::now();
  UidSet set;
  UidSet other;
  for (std::size_t i = 0; i < kUids; ++i) {
    set.add(1 + below(random, 4'000'000'000U));
    other.add(1 + below(random, 4'000'000'000U));
  }
  EXPECT_GT(set.ranges().size(), kUids * 9 / 10);
  const UidSet rest = set.without(other);
  const UidSet both = set.intersection(other);
  EXPECT_EQ(rest.size() + both.size(), set.size());
  EXPECT_EQ(UidSet::from_string(set.to_string()), set);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_LT(took.count(), 30.0);
}

}  // namespace
}  // namespace mailkeep::store
