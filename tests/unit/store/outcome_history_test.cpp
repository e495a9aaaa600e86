// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/outcome_history.h"

#include <gtest/gtest.h>

namespace mailkeep::store {
namespace {

TEST(OutcomeHistory, LetsTheLastOutcomeOfEachUidHold) {
  OutcomeHistory history;
  history.add("failed", "refused-by-server", *UidSet::from_string("1:5"), "");
  history.add("failed", "no-data-returned", *UidSet::from_string("3"), "");
  history.add("vanished", "gone", *UidSet::from_string("5"), "");

  EXPECT_EQ(history.uids_in("failed").to_string(), "1:4");
  EXPECT_EQ(history.uids_in("failed", "refused-by-server").to_string(), "1:2,4");
  EXPECT_EQ(history.uids_in("vanished").to_string(), "5");
  EXPECT_TRUE(history.uids_in("failed", "over-size-limit").empty());
}

TEST(OutcomeHistory, KeepsUidlsApart) {
  OutcomeHistory history;
  history.add("failed", "refused-by-server", {}, "a");
  history.add("vanished", "gone", {}, "a");

  EXPECT_TRUE(history.uidl_is("a", "vanished", "gone"));
  EXPECT_FALSE(history.uidl_is("a", "failed"));
  EXPECT_FALSE(history.uidl_is("b", "vanished"));
}

}  // namespace
}  // namespace mailkeep::store
