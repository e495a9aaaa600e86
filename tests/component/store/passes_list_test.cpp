// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/passes.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class PassesTest : public LedgerFixture {
 protected:
  std::int64_t begin(AccountId account) {
    const auto pass = ledger().begin_pass(account);
    EXPECT_TRUE(pass);
    return *pass;
  }
  std::int64_t pass(AccountId account, PassOutcome outcome, common::Micros end) {
    const std::int64_t id = begin(account);
    clock_.time = end;
    EXPECT_TRUE(ledger().finish_pass(id, outcome,
                                     outcome == PassOutcome::Failed ? "no route to host" : "",
                                     {"INBOX", "Sent"}, {}));
    return id;
  }
};

TEST_P(PassesTest, KnowsTheLatestOfEachAccount) {
  const AccountId anna = add_account("anna");
  const AccountId tom = add_account("tom");
  add_account("never-fetched");
  pass(anna, PassOutcome::Complete, clock_.time + 10);
  const common::Micros success = clock_.time;
  pass(anna, PassOutcome::Failed, clock_.time + 10);
  const common::Micros end = clock_.time;
  const std::int64_t open = begin(anna);
  const std::int64_t only = pass(tom, PassOutcome::Incomplete, clock_.time + 10);

  const auto latest = Passes(archive()).latest();

  ASSERT_OK(latest);
  ASSERT_EQ(latest->size(), 2U);
  const LastPasses& annas = latest->at(anna);
  EXPECT_EQ(annas.last->id, open);
  EXPECT_FALSE(annas.last->finished);
  EXPECT_EQ(annas.last_end, end);
  EXPECT_EQ(annas.last_success, success);
  const LastPasses& toms = latest->at(tom);
  EXPECT_EQ(toms.last->id, only);
  EXPECT_EQ(toms.last->outcome, "incomplete");
  EXPECT_EQ(toms.last_end, clock_.time);
  EXPECT_FALSE(toms.last_success);
}

TEST_P(PassesTest, AreListedPageByPage) {
  const AccountId anna = add_account("anna");
  const AccountId tom = add_account("tom");
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(pass(anna, i == 4 ? PassOutcome::Failed : PassOutcome::Complete, clock_.time));
    pass(tom, PassOutcome::Complete, clock_.time);
  }
  Passes passes(archive());

  const auto first = passes.list(anna, {}, 3);
  ASSERT_OK(first);
  ASSERT_EQ(first->size(), 3U);
  EXPECT_EQ(first->front().id, ids[4]);
  EXPECT_EQ(first->front().error, "no route to host");
  EXPECT_EQ(first->front().folders, 2U);
  const auto rest = passes.list(anna, first->back().id, 3);
  ASSERT_OK(rest);
  ASSERT_EQ(rest->size(), 2U);
  EXPECT_EQ(rest->back().id, ids[0]);
  EXPECT_EQ(*passes.count(anna), 5U);
}

TEST_P(PassesTest, AreForgottenButForTheNewestAndTheLastComplete) {
  const AccountId anna = add_account("anna");
  const AccountId tom = add_account("tom");
  pass(tom, PassOutcome::Failed, clock_.time);
  pass(anna, PassOutcome::Complete, clock_.time);
  const std::int64_t complete = pass(anna, PassOutcome::Complete, clock_.time);
  for (int i = 0; i < 4; ++i) pass(anna, PassOutcome::Failed, clock_.time);
  Passes passes(archive());

  ASSERT_OK(passes.prune(anna, 3));

  const auto left = passes.list(anna, {}, 100);
  ASSERT_OK(left);
  ASSERT_EQ(left->size(), 4U);
  EXPECT_EQ(left->back().id, complete);
  EXPECT_EQ(*passes.count(tom), 1U);
  ASSERT_OK(passes.prune(tom, 3));
  EXPECT_EQ(*passes.count(tom), 1U);
}

MAILKEEP_BOTH_ENGINES(PassesTest);

}  // namespace
}  // namespace mailkeep::store
