// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/completeness.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class CompletenessOf : public LedgerFixture {
 protected:
  void claim(const Epoch& epoch, std::string_view set) {
    Claim claim;
    claim.epoch = epoch.id;
    claim.uids = uids(set);
    claim.exists = claim.uids.size();
    const auto recorded = ledger().record_claim(claim);
    ASSERT_OK(recorded);
  }
  void claim_uidls(const Epoch& epoch, std::vector<std::string> uidls) {
    Claim claim;
    claim.epoch = epoch.id;
    claim.exists = uidls.size();
    claim.uidls = std::move(uidls);
    const auto recorded = ledger().record_claim(claim);
    ASSERT_OK(recorded);
  }
  void pass(AccountId account, PassOutcome outcome = PassOutcome::Complete,
            const std::vector<FolderTrouble>& troubles = {}) {
    const auto id = ledger().begin_pass(account);
    ASSERT_OK(id);
    const auto finished = ledger().finish_pass(*id, outcome, "", {"INBOX"}, troubles);
    ASSERT_OK(finished);
  }
  CompletenessReport report(const std::vector<std::string>& names = {}) {
    const auto result = completeness(archive(), names);
    EXPECT_TRUE(result) << result.error().text;
    return result.value_or(CompletenessReport{});
  }
  static std::string gaps_of(const FolderReport& folder) {
    std::string text;
    for (const Gap& gap : folder.gaps.first(100))
      text += (gap.uid != 0 ? std::to_string(gap.uid) : gap.uidl) + " " + gap.state + " " +
              gap.reason + " " + std::to_string(gap.attempts) + "\n";
    return text;
  }
};
MAILKEEP_BOTH_ENGINES(CompletenessOf);

TEST_P(CompletenessOf, AnAccountNeverFetchedIsFalse) {
  add_account("anna");
  const auto result = report();

  ASSERT_EQ(result.accounts.size(), 1U);
  EXPECT_FALSE(result.complete);
  EXPECT_FALSE(result.accounts[0].complete);
  EXPECT_FALSE(result.accounts[0].last_pass);
}

TEST_P(CompletenessOf, AFolderWithEveryUidSettledIsTrue) {
  const AccountId anna = add_account("anna");
  const Epoch inbox = open(anna, "INBOX");
  claim(inbox, "1:5");
  Batch batch = batch_of(inbox.id, imap_message(1, "a"), imap_message(2, "b"),
                         imap_message(7, "gone from the server since"));
  batch.outcomes.push_back(outcome(UidState::Excluded, "folder-excluded", "3:5"));
  batch.outcomes.push_back(outcome(UidState::Vanished, "gone", "6"));
  seal(std::move(batch));
  pass(anna);
  const auto result = report();

  EXPECT_TRUE(result.complete);
  ASSERT_EQ(result.accounts[0].folders.size(), 1U);
  const FolderReport& folder = result.accounts[0].folders[0];
  EXPECT_EQ(folder.server, 5U);
  EXPECT_EQ(folder.archived, 3U);
  EXPECT_EQ(folder.excluded, 3U);
  EXPECT_EQ(folder.vanished, 1U);
  EXPECT_EQ(folder.failed, 0U);
  EXPECT_EQ(gaps_of(folder), "");
}

TEST_P(CompletenessOf, GapsAreListedWithReasonAndAttempts) {
  const AccountId anna = add_account("anna");
  const Epoch inbox = open(anna, "INBOX");
  claim(inbox, "1:4");
  for (int i = 0; i < 2; ++i) {
    Batch batch = batch_of(inbox.id, imap_message(1, "a"));
    batch.outcomes.push_back(outcome(UidState::Failed, kReasonRefused, "3,9"));
    seal(std::move(batch));
  }
  pass(anna);
  const auto result = report();

  EXPECT_FALSE(result.complete);
  EXPECT_EQ(
      gaps_of(result.accounts[0].folders[0]),
      "2 pending not-fetched-yet 0\n3 failed refused-by-server 2\n4 pending not-fetched-yet 0\n");
  EXPECT_EQ(result.accounts[0].folders[0].failed, 1U);
}

TEST_P(CompletenessOf, UidsNoLongerClaimedAreNoGap) {
  const AccountId anna = add_account("anna");
  const Epoch inbox = open(anna, "INBOX");
  claim(inbox, "1:4");
  seal(batch_of(inbox.id, imap_message(1, "a")));
  claim(inbox, "1");
  pass(anna);

  EXPECT_TRUE(report().complete);
}

TEST_P(CompletenessOf, OnlyTheNewestEpochHasGaps) {
  const AccountId anna = add_account("anna");
  const Epoch old = open(anna, "INBOX", 7);
  claim(old, "1:4");
  seal(batch_of(old.id, imap_message(1, "a")));
  const Epoch now = open(anna, "INBOX", 8);
  claim(now, "1");
  seal(batch_of(now.id, imap_message(1, "a")));
  pass(anna);
  const auto result = report();

  EXPECT_TRUE(result.complete);
  ASSERT_EQ(result.accounts[0].folders.size(), 2U);
  EXPECT_FALSE(result.accounts[0].folders[0].is_newest_epoch);
  EXPECT_EQ(result.accounts[0].folders[0].server, 4U);
  EXPECT_TRUE(result.accounts[0].folders[1].is_newest_epoch);
}

TEST_P(CompletenessOf, APassThatDidNotFinishIsFalse) {
  const AccountId anna = add_account("anna");
  const Epoch inbox = open(anna, "INBOX");
  claim(inbox, "1");
  seal(batch_of(inbox.id, imap_message(1, "a")));
  pass(anna, PassOutcome::Incomplete);
  EXPECT_FALSE(report().complete);
  pass(anna);
  EXPECT_TRUE(report().complete);
  ASSERT_OK(ledger().begin_pass(anna));

  EXPECT_FALSE(report().complete);
  EXPECT_NE(report().accounts[0].error, "");
}

TEST_P(CompletenessOf, AFolderInTroubleIsListedEvenIfItWasNeverOpened) {
  const AccountId anna = add_account("anna");
  open(anna, "INBOX");
  pass(anna, PassOutcome::Complete,
       {{"Secret", std::string(kReasonFolder), "The server said NO."},
        {"INBOX", std::string(kReasonCut), ""}});
  const auto result = report();

  EXPECT_FALSE(result.complete);
  ASSERT_EQ(result.accounts[0].folders.size(), 2U);
  EXPECT_EQ(result.accounts[0].folders[0].trouble, "connection-lost");
  EXPECT_EQ(result.accounts[0].folders[1].name, "Secret");
  EXPECT_EQ(result.accounts[0].folders[1].trouble, "folder-cannot-be-opened: The server said NO.");
}

TEST_P(CompletenessOf, Pop3CountsUidlsAndKnowsTwins) {
  const AccountId carl = add_account("carl", Protocol::Pop3);
  const Epoch box = open(carl, "INBOX", 0);
  claim_uidls(box, {"a", "twin", "twin", "x", "y"});
  Batch batch = batch_of(box.id, pop3_message("a", "1"), pop3_message("twin", "2"),
                         pop3_message("left", "3"));
  batch.outcomes.push_back(outcome_of_uidl(UidState::Failed, kReasonTooLarge, "x"));
  seal(std::move(batch));
  pass(carl);
  const auto result = report();

  EXPECT_FALSE(result.complete);
  const FolderReport& folder = result.accounts[0].folders[0];
  EXPECT_EQ(folder.server, 5U);
  EXPECT_EQ(folder.archived, 3U);
  EXPECT_EQ(gaps_of(folder), "x failed over-size-limit 1\ny pending not-fetched-yet 0\n");
}

TEST_P(CompletenessOf, Pop3NamesATwinThatFailed) {
  const AccountId carl = add_account("carl", Protocol::Pop3);
  const Epoch box = open(carl, "INBOX", 0);
  claim_uidls(box, {"twin", "twin"});
  Batch batch = batch_of(box.id, pop3_message("twin", "2"));
  batch.outcomes.push_back(outcome_of_uidl(UidState::Failed, kReasonRefused, "twin"));
  seal(std::move(batch));
  pass(carl);

  EXPECT_EQ(gaps_of(report().accounts[0].folders[0]), "twin failed refused-by-server 1\n");
}

TEST_P(CompletenessOf, NamedAccountsAreReportedAloneAndUnknownOnesRefused) {
  const AccountId anna = add_account("anna");
  pass(anna);
  add_account("bert");
  ASSERT_OK(Accounts(archive()).get_import_account("old mail"));

  EXPECT_EQ(report().accounts.size(), 2U);
  EXPECT_TRUE(report({"anna"}).complete);
  EXPECT_EQ(report({"anna"}).accounts.size(), 1U);
  ASSERT_FAILS(completeness(archive(), {"anna", "nobody"}), common::ErrorKind::NotFound);
}

}  // namespace
}  // namespace mailkeep::store
