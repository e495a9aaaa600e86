// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class LedgerEpochs : public LedgerFixture {};
MAILKEEP_BOTH_ENGINES(LedgerEpochs);

TEST_P(LedgerEpochs, OpensAFolderOnce) {
  const AccountId anna = add_account("anna");
  const Epoch first = open(anna, "INBOX", 7);
  const Epoch again = open(anna, "INBOX", 7);

  EXPECT_EQ(first.id, again.id);
  EXPECT_EQ(first.number, 1U);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM epochs"), 1);
  expect_sound();
}

TEST_P(LedgerEpochs, CountsABAAsThreeEpochs) {
  const AccountId anna = add_account("anna");
  const Epoch a = open(anna, "INBOX", 7);
  const Epoch b = open(anna, "INBOX", 8);
  const Epoch again = open(anna, "INBOX", 7);

  EXPECT_EQ(b.number, 2U);
  EXPECT_EQ(again.number, 3U);
  EXPECT_NE(again.id, a.id);
  seal(batch_of(a.id, imap_message(1, "x")));
  EXPECT_TRUE(covered(again).empty());
  EXPECT_EQ(seal(batch_of(again.id, imap_message(1, "x"))).sighted, 1U);
  const auto epochs = ledger().epochs(anna);
  ASSERT_OK(epochs);
  EXPECT_EQ(epochs->size(), 3U);
  expect_sound();
}

TEST_P(LedgerEpochs, TakesFolderNamesOfAnyBytes) {
  const AccountId anna = add_account("anna");
  const std::string hostile("../\0'\";--\n\xff", 11);
  const Epoch epoch = open(anna, hostile);

  EXPECT_EQ(open(anna, hostile).id, epoch.id);
  EXPECT_EQ(epoch.folder, hostile);
  EXPECT_NE(open(anna, "").id, epoch.id);
  EXPECT_EQ(open(anna, "inbox").number, 1U);
  EXPECT_EQ(open(anna, "INBOX").number, 1U);
  expect_sound();
}

TEST_P(LedgerEpochs, KeepsTheFoldersOfAccountsApart) {
  const Epoch one = open(add_account("anna"), "INBOX");
  const Epoch two = open(add_account("bert"), "INBOX");

  EXPECT_NE(one.id, two.id);
  EXPECT_EQ(two.number, 1U);
}

class LedgerClaims : public LedgerFixture {
 protected:
  std::int64_t entries() { return number_of("SELECT COUNT(*) FROM claims"); }
};
MAILKEEP_BOTH_ENGINES(LedgerClaims);

TEST_P(LedgerClaims, AreLoggedOnlyWhenTheyAreNews) {
  const Epoch inbox = open(add_account("anna"), "INBOX");
  Claim claim;
  claim.epoch = inbox.id;
  claim.uids = uids("1:5");
  claim.exists = 5;
  claim.uidnext = 6;
  ASSERT_OK(ledger().record_claim(claim));
  clock_.time += 1000;
  ASSERT_OK(ledger().record_claim(claim));
  EXPECT_EQ(entries(), 1);
  EXPECT_EQ(number_of("SELECT checked FROM epochs"), clock_.time);

  claim.uidnext = 7;
  ASSERT_OK(ledger().record_claim(claim));
  claim.uids = uids("1:4,6");
  ASSERT_OK(ledger().record_claim(claim));
  claim.highestmodseq = 1ULL << 62U;
  ASSERT_OK(ledger().record_claim(claim));
  claim.exists = 6;
  ASSERT_OK(ledger().record_claim(claim));

  EXPECT_EQ(entries(), 5);
  expect_sound();
}

TEST_P(LedgerClaims, KeepTheOrderOfUidls) {
  const Epoch box = open(add_account("carl", Protocol::Pop3), "INBOX", 0);
  Claim claim;
  claim.epoch = box.id;
  claim.uidls = {"b", "a"};
  claim.exists = 2;
  ASSERT_OK(ledger().record_claim(claim));
  claim.uidls = {"a", "b"};
  ASSERT_OK(ledger().record_claim(claim));
  claim.uidls.clear();
  claim.exists = 0;
  ASSERT_OK(ledger().record_claim(claim));
  ASSERT_OK(ledger().record_claim(claim));

  EXPECT_EQ(entries(), 3);
  expect_sound();
}

TEST_P(LedgerClaims, NeedAnEpoch) {
  Claim claim;
  claim.epoch = EpochId{5};
  ASSERT_FAILS(ledger().record_claim(claim), common::ErrorKind::NotFound);
}

TEST_P(LedgerClaims, PassesAreNumberedAndFinishedOnce) {
  const AccountId anna = add_account("anna");
  const auto first = ledger().begin_pass(anna);
  const auto second = ledger().begin_pass(anna);
  ASSERT_OK(first);
  ASSERT_OK(second);

  EXPECT_NE(*first, *second);
  ASSERT_OK(ledger().finish_pass(*second, PassOutcome::Complete, "", {"INBOX"}, {}));
  ASSERT_FAILS(ledger().finish_pass(99, PassOutcome::Failed, "x", {}, {}),
               common::ErrorKind::NotFound);
}

}  // namespace
}  // namespace mailkeep::store
