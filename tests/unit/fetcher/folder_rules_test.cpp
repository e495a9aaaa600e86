// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/folder_rules.h"

#include <gtest/gtest.h>

#include <tuple>

#include "fetcher/imap/uid_chunks.h"

namespace mailkeep::fetcher {
namespace {

TEST(Glob, MatchesLikePeopleExpect) {
  const std::vector<std::tuple<const char*, const char*, bool>> cases{{"*", "", true},
                                                                      {"*", "a/b", true},
                                                                      {"a*", "a/b/c", true},
                                                                      {"a?c", "abc", true},
                                                                      {"a?c",
                                                                       "a\xc3\xbc"
                                                                       "c",
                                                                       true},
                                                                      {"a?c", "ac", false},
                                                                      {"*b", "aab", true},
                                                                      {"*b*", "aabaa", true},
                                                                      {"a*b*c", "aXbXbYc", true},
                                                                      {"a*b*c", "aXcXb", false},
                                                                      {"Trash", "trash", false},
                                                                      {"[x]", "[x]", true},
                                                                      {"", "", true},
                                                                      {"", "a", false},
                                                                      {"**a", "ba", true}};
  for (const auto& [pattern, text, expected] : cases) {
    EXPECT_EQ(glob_matches(pattern, text), expected) << pattern << " on " << text;
  }
}

TEST(Glob, TakesHostilePatternsInBoundedTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(2000, 'a')));
}

TEST(FolderRules, TakeEveryFolderWithoutGlobs) {
  EXPECT_TRUE(FolderRules({}, {}).includes("anything"));
}

TEST(FolderRules, LetExclusionWin) {
  const FolderRules rules({"INBOX", "Work*"}, {"Work/Private"});

  EXPECT_TRUE(rules.includes("INBOX"));
  EXPECT_TRUE(rules.includes("Work/2020"));
  EXPECT_FALSE(rules.includes("Work/Private"));
  EXPECT_FALSE(rules.includes("Other"));
}

TEST(FolderRules, SeeTheDecodedName) {
  EXPECT_FALSE(FolderRules({}, {"Entw\xc3\xbcrfe"}).includes("Entw&APw-rfe"));
}

TEST(FolderRules, KnowInboxInAnyCase) {
  EXPECT_FALSE(FolderRules({}, {"inbox"}).includes("INBOX"));
}

TEST(UidChunks, StayAscendingShortAndWhole) {
  store::UidSet uids;
  for (store::Uid uid = 1'000'000; uid < 1'003'000; uid += 2) uids.add(uid);
  uids.add(1, 700);
  uids.add(4'294'967'290U, 4'294'967'295U);
  imap::UidChunks chunks(uids);
  store::UidSet seen;
  store::Uid last = 0;

  while (!chunks.empty()) {
    const store::UidSet rest = chunks.rest();
    const store::UidSet chunk = chunks.next(500, 900);
    ASSERT_FALSE(chunk.empty());
    EXPECT_EQ(rest, uids.without(seen));
    EXPECT_LE(chunk.size(), 500U);
    EXPECT_LE(chunk.to_string().size(), 900U);
    EXPECT_GT(chunk.ranges().front().first, last);
    last = chunk.ranges().back().last;
    seen.add(chunk);
  }

  EXPECT_EQ(seen, uids);
  EXPECT_TRUE(chunks.rest().empty());
}

}  // namespace
}  // namespace mailkeep::fetcher
