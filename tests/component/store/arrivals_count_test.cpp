// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "store/arrivals.h"
#include "store/completeness.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

constexpr common::Micros kDay = 86'400'000'000;

class ArrivalsTest : public LedgerFixture {
 protected:
  void claim(const Epoch& epoch, std::string_view listed) {
    Claim claim;
    claim.epoch = epoch.id;
    claim.uids = uids(listed);
    claim.exists = claim.uids.size();
    ASSERT_OK(ledger().record_claim(claim));
  }
};

TEST_P(ArrivalsTest, AreCountedByAccountAndDayAndGoOnFromThere) {
  const AccountId anna = add_account("anna");
  const AccountId tom = add_account("tom");
  const Epoch annas = open(anna, "INBOX");
  const Epoch toms = open(tom, "INBOX");
  const Arrivals::Day today = clock_.time / kDay;
  Arrivals arrivals(archive());
  seal(batch_of(annas.id, imap_message(1, "12345"), imap_message(2, "123")));

  const auto first = arrivals.by_day();
  ASSERT_OK(first);
  ASSERT_EQ(first->size(), 1U);
  EXPECT_EQ(first->at({anna, today}).messages, 2U);
  EXPECT_EQ(first->at({anna, today}).bytes, 8U);

  seal(batch_of(toms.id, imap_message(1, "12345")));
  clock_.time += kDay;
  seal(batch_of(annas.id, imap_message(3, "1")));
  const auto second = arrivals.by_day();
  ASSERT_OK(second);
  EXPECT_EQ(second->size(), 3U);
  EXPECT_EQ(second->at({anna, today}).messages, 2U);
  EXPECT_EQ(second->at({tom, today}).messages, 1U);
  EXPECT_EQ(second->at({anna, today + 1}).bytes, 1U);
  const auto totals = arrivals.totals();
  ASSERT_OK(totals);
  EXPECT_EQ(totals->at(anna).messages, 3U);
  EXPECT_EQ(totals->at(anna).bytes, 9U);
}

TEST_P(ArrivalsTest, DaysHaveNames) {
  EXPECT_EQ(date_of(0), "1970-01-01");
  EXPECT_EQ(date_of(20'782), "2026-11-25");
}

TEST_P(ArrivalsTest, GapsAreThoseOfTheReport) {
  const AccountId anna = add_account("anna");
  const AccountId tom = add_account("tom", Protocol::Pop3);
  const Epoch old = open(anna, "INBOX", 7);
  claim(old, "1:50");  // of a past epoch: no gaps any more
  const Epoch inbox = open(anna, "INBOX", 8);
  claim(inbox, "1:9");
  Batch batch = batch_of(inbox.id, imap_message(1, "a"), imap_message(2, "b"));
  batch.outcomes.push_back(outcome(UidState::Excluded, "folder-excluded", "3:4"));
  batch.outcomes.push_back(outcome(UidState::Failed, kReasonRefused, "5"));
  seal(std::move(batch));
  const Epoch maildrop = open(tom, "INBOX", 0);
  Claim uidls;
  uidls.epoch = maildrop.id;
  uidls.uidls = {"a", "b", "c"};
  uidls.exists = 3;
  ASSERT_OK(ledger().record_claim(uidls));
  seal(batch_of(maildrop.id, pop3_message("a", "a")));

  const auto gaps = count_gaps(archive());

  ASSERT_OK(gaps);
  EXPECT_EQ(gaps->at(anna), 5U);
  EXPECT_EQ(gaps->at(tom), 2U);
  const auto report = completeness(archive(), {"anna"});
  ASSERT_OK(report);
  std::size_t listed = 0;
  for (const FolderReport& folder : report->accounts.front().folders) listed += folder.gaps.size();
  EXPECT_EQ(listed, 5U);
}

MAILKEEP_BOTH_ENGINES(ArrivalsTest);

}  // namespace
}  // namespace mailkeep::store
