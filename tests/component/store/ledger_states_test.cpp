// SPDX-License-Identifier: GPL-3.0-or-later
// What the ledger keeps of a folder beside its messages: claims that are carried forward, rules,
// flags, labels and presence, names, and deletions.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "store/completeness.h"
#include "store/journal.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class LedgerStates : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    anna_ = add_account("anna");
    inbox_ = open(anna_, "INBOX");
  }

  static Claim claim_of(const Epoch& epoch, std::string_view set) {
    Claim claim;
    claim.epoch = epoch.id;
    claim.uids = uids(set);
    claim.exists = claim.uids.size();
    claim.uidnext = 100;
    claim.highestmodseq = 5;
    return claim;
  }
  void claim(const Epoch& epoch, std::string_view set) {
    ASSERT_OK(ledger().record_claim(claim_of(epoch, set)));
  }
  std::string now(StateKind kind) {
    std::string text;
    const auto states = ledger().states(inbox_.id, kind);
    EXPECT_TRUE(states) << states.error().text;
    for (const auto& [value, uids] : *states) text += value + "=" + uids.to_string() + ";";
    return text;
  }
  std::string excluded() {
    std::string text;
    const auto by_rule = ledger().excluded(inbox_.id);
    EXPECT_TRUE(by_rule);
    for (const auto& [rule, uids] : *by_rule) text += rule + "=" + uids.to_string() + ";";
    return text;
  }
  std::int64_t log_size() { return number_of("SELECT size FROM log_head"); }
  EpochHead head() { return ledger().newest_epochs(anna_)->front(); }
  void exclude(std::string_view rule, std::string_view set, std::string rules) {
    Batch batch = batch_of(inbox_.id);
    batch.outcomes.push_back(outcome(UidState::Excluded, rule, set));
    batch.rules = std::move(rules);
    seal(std::move(batch));
  }
  void pass(const std::vector<std::string>& folders) {
    const auto id = ledger().begin_pass(anna_);
    ASSERT_OK(id);
    ASSERT_OK(ledger().finish_pass(*id, PassOutcome::Complete, "", folders, {}));
  }
  AccountReport report() { return completeness(archive(), {"anna"})->accounts.front(); }

  AccountId anna_{};
  Epoch inbox_;
};
MAILKEEP_BOTH_ENGINES(LedgerStates);

TEST_P(LedgerStates, AClaimIsCarriedForwardOnlyWhereNothingMoved) {
  Claim claim = claim_of(inbox_, "1:5");
  claim.is_inferred = true;
  ASSERT_FAILS(ledger().record_claim(claim), common::ErrorKind::Conflict);
  claim.is_inferred = false;
  ASSERT_OK(ledger().record_claim(claim));
  const common::Micros listed = clock_.time;
  const std::int64_t size = log_size();

  clock_.time += 1000;
  claim.is_inferred = true;
  claim.uids = {};
  ASSERT_OK(ledger().record_claim(claim));

  EXPECT_EQ(log_size(), size);
  const LastClaim last = head().last_claim.value();
  EXPECT_TRUE(last.is_inferred());
  EXPECT_EQ(last.listed, listed);
  EXPECT_EQ(last.checked, clock_.time);
  EXPECT_EQ(ledger().claimed_uids(inbox_.id)->to_string(), "1:5");
  const FolderReport folder = report().folders.at(0);
  EXPECT_TRUE(folder.is_inferred);
  EXPECT_EQ(folder.listed, listed);
  EXPECT_EQ(folder.gaps.size(), 5U);
  claim.highestmodseq = 6;
  ASSERT_FAILS(ledger().record_claim(claim), common::ErrorKind::Conflict);
  expect_sound();
}

TEST_P(LedgerStates, ManyClaimsAreOneTransactionThatFailsAsOne) {
  const Epoch other = open(anna_, "Other");
  std::vector<Claim> claims = {claim_of(inbox_, "1:5"), claim_of(other, "7")};
  claims[0].mailbox_id = "M1";
  claims[1].mailbox_id = "no objectid";
  ASSERT_OK(ledger().record_claims(claims));
  const std::int64_t size = log_size();

  ASSERT_OK(ledger().record_claims(claims));
  EXPECT_EQ(log_size(), size);
  EXPECT_EQ(head().mailbox_id, "M1");
  claims[0].mailbox_id.clear();  // what is not said again still holds
  ASSERT_OK(ledger().record_claims(claims));
  EXPECT_EQ(log_size(), size);
  EXPECT_EQ(ledger().newest_epochs(anna_)->at(1).mailbox_id, "");

  claims[0].uidnext = 101;
  claims[1].epoch = EpochId{77};
  ASSERT_FAILS(ledger().record_claims(claims), common::ErrorKind::NotFound);
  EXPECT_EQ(log_size(), size);
  const auto opened = ledger().open_uids(anna_);
  ASSERT_OK(opened);
  EXPECT_EQ(opened->at(inbox_.id).to_string(), "1:5");
  EXPECT_EQ(opened->at(other.id).to_string(), "7");
  seal(batch_of(other.id, imap_message(7, "seven")));
  EXPECT_FALSE(ledger().open_uids(anna_)->contains(other.id));
  expect_sound();
}

TEST_P(LedgerStates, AnExcludedUidHasItsRuleAndComesBackWithOtherRules) {
  claim(inbox_, "1:9");
  exclude("older-than-max-age", "1:4", "rules 1");
  exclude("over-max-size", "4:5", "rules 1");
  EXPECT_EQ(excluded(), "older-than-max-age=1:3;over-max-size=4:5;");
  EXPECT_EQ(head().rules, "rules 1");
  const std::int64_t size = log_size();
  exclude("over-max-size", "4:5", "rules 1");
  EXPECT_TRUE(ledger().reopen_excluded(inbox_.id, "rules 1")->empty());
  EXPECT_EQ(log_size(), size);

  seal(batch_of(inbox_.id, imap_message(2, "two")));  // archived all the same
  UidSet one = uids("5,8");
  ASSERT_OK(ledger().reopen_excluded(inbox_.id, one));
  EXPECT_EQ(covered(inbox_).to_string(), "1:4");
  const FolderReport folder = report().folders.at(0);
  EXPECT_EQ(folder.excluded, 3U);
  ASSERT_EQ(folder.excluded_by.size(), 2U);
  EXPECT_EQ(folder.excluded_by[0].count, 2U);
  EXPECT_EQ(ledger().reopen_excluded(inbox_.id, "rules 2")->to_string(), "1,3:4");

  EXPECT_EQ(covered(inbox_).to_string(), "2");
  EXPECT_EQ(excluded(), "");
  EXPECT_FALSE(head().has_excluded());
  EXPECT_EQ(report().folders.at(0).gaps.first(1).at(0).reason, kReasonPending);
  exclude("older-than-max-age", "1", "rules 2");
  EXPECT_EQ(covered(inbox_).to_string(), "1:2");
  expect_sound();
}

TEST_P(LedgerStates, FlagsAndLabelsAreKeptAsIntervals) {
  Batch batch = batch_of(inbox_.id, imap_message(1, "one"), imap_message(2, "two"));
  batch.arrivals[1].flags = "\\Seen \\Recent $Work";
  batch.states = {{StateKind::Labels, "\\Important", uids("1")},
                  {StateKind::Flags, "$Work \\Seen", uids("1:2")}};
  seal(std::move(batch));
  EXPECT_EQ(now(StateKind::Flags), "$Work \\Seen=1:2;");
  EXPECT_EQ(now(StateKind::Labels), "\\Important=1;");
  const std::int64_t size = log_size();
  ASSERT_OK(ledger().record_states(inbox_.id, {{StateKind::Flags, "\\Seen  $Work", uids("1:2")}}));
  EXPECT_EQ(log_size(), size);

  clock_.time += 1000;
  ASSERT_OK(ledger().record_states(
      inbox_.id, {{StateKind::Flags, "", uids("2")}, {StateKind::Labels, "Work", uids("1")}}));

  EXPECT_EQ(log_size(), size + 1);
  EXPECT_EQ(now(StateKind::Flags), "=2;$Work \\Seen=1;");
  EXPECT_EQ(now(StateKind::Labels), "Work=1;");
  const auto sightings = Journal(archive()).sightings_of(common::Sha256::of("one"));
  ASSERT_OK(sightings);
  ASSERT_EQ(sightings->front().states.size(), 2U);
  EXPECT_EQ(sightings->front().states[0].value, "\\Important");
  EXPECT_EQ(sightings->front().states[1].since, clock_.time);
  expect_sound();
}

TEST_P(LedgerStates, AWholeListTellsWhatIsGoneAndWhatIsThereAgain) {
  claim(inbox_, "1:3");
  seal(batch_of(inbox_.id, imap_message(1, "one"), imap_message(2, "two"),
                imap_message(3, "three")));
  Claim partial = claim_of(inbox_, "1");
  partial.exists = 3;  // it lists fewer than it counts: no proof of anything
  ASSERT_OK(ledger().record_claim(partial));
  EXPECT_EQ(now(StateKind::Presence), "");
  EXPECT_NE(report().folders.at(0).trouble.find(kReasonListingShort), std::string::npos);

  clock_.time += 1000;
  claim(inbox_, "1,3");
  EXPECT_EQ(now(StateKind::Presence), "gone=2;");
  EXPECT_EQ(Journal(archive()).sightings_of(common::Sha256::of("two"))->front().gone(),
            clock_.time);
  EXPECT_EQ(report().folders.at(0).gone, 1U);
  EXPECT_EQ(report().folders.at(0).archived, 3U);
  claim(inbox_, "1:3");

  EXPECT_EQ(now(StateKind::Presence), "");
  EXPECT_FALSE(Journal(archive()).sightings_of(common::Sha256::of("two"))->front().gone());
  ASSERT_OK(ledger().record_states(inbox_.id,
                                   {{StateKind::Presence, std::string(kGone), uids("2:3,50")}}));
  EXPECT_EQ(now(StateKind::Presence), "gone=2:3;");
  std::size_t listed = 0;
  ASSERT_OK(Journal(archive()).each_message({}, [&](const std::vector<Sighting>& message) {
    listed += message.front().states.size();
    return common::Status();
  }));
  EXPECT_EQ(listed, 4U);  // two: gone, there, gone; three: gone
  expect_sound();
}

TEST_P(LedgerStates, ARenamedFolderIsTheSameEpochUnderAnotherName) {
  const Epoch again = open(anna_, "INBOX", 8);
  seal(batch_of(again.id, imap_message(1, "one")));
  const Epoch target = open(anna_, "Archive", 3);
  ASSERT_OK(ledger().rename_epoch(again.id, "Archive"));
  const std::int64_t size = log_size();
  ASSERT_OK(ledger().rename_epoch(again.id, "Archive"));
  EXPECT_EQ(log_size(), size);
  seal(batch_of(again.id, imap_message(2, "two")));

  const auto heads = ledger().newest_epochs(anna_);
  ASSERT_OK(heads);
  ASSERT_EQ(heads->size(), 1U);  // its past and the folder that had the name are past
  EXPECT_EQ(heads->front().id, again.id);
  EXPECT_EQ(open(anna_, "Archive", 8).id, again.id);
  EXPECT_EQ(open(anna_, "Archive", 8).covered.to_string(), "1:2");
  EXPECT_NE(open(anna_, "INBOX", 8).id, again.id);
  const auto first = Journal(archive()).sightings_of(common::Sha256::of("one"));
  const auto second = Journal(archive()).sightings_of(common::Sha256::of("two"));
  EXPECT_EQ(first->front().folder, "INBOX");
  EXPECT_EQ(first->front().folder_now, "Archive");
  EXPECT_EQ(second->front().folder, "Archive");
  EXPECT_NE(target.id, again.id);
  expect_sound();
}

TEST_P(LedgerStates, WhatAFolderThatIsGoneStillHeldIsLost) {
  claim(inbox_, "1:3");
  const Epoch other = open(anna_, "Other");
  claim(other, "4");
  seal(batch_of(inbox_.id, imap_message(1, "one")));
  seal(batch_of(other.id, imap_message(4, "four")));
  pass({"Other"});

  const AccountReport account = report();
  EXPECT_FALSE(account.complete);
  const FolderReport& folder = account.folders.at(0);
  EXPECT_EQ(folder.name, "INBOX");
  EXPECT_FALSE(folder.is_listed);
  EXPECT_EQ(folder.failed, 0U);
  EXPECT_EQ(folder.vanished, 2U);
  EXPECT_EQ(folder.gaps.first(1).at(0).reason, kReasonFolderGone);
  EXPECT_EQ(folder.gaps.first(1).at(0).state, "vanished");
  EXPECT_TRUE(account.folders.at(1).is_listed);
  pass({"INBOX", "Other"});
  EXPECT_EQ(report().folders.at(0).gaps.first(1).at(0).reason, kReasonPending);
}

TEST_P(LedgerStates, ARoundNumberIsNotedAndNoFault) {
  Claim claim = claim_of(inbox_, "1:1000");
  claim.uidnext = 90'000;
  ASSERT_OK(ledger().record_claim(claim));
  EXPECT_NE(report().folders.at(0).note.find("exactly 1000"), std::string::npos);
  EXPECT_EQ(report().folders.at(0).trouble, "");
  claim.uidnext = 1001;
  ASSERT_OK(ledger().record_claim(claim));
  EXPECT_EQ(report().folders.at(0).note, "");
}

TEST_P(LedgerStates, DeletionsAreIntendedBeforeTheyAreDone) {
  seal(batch_of(inbox_.id, imap_message(1, "one"), imap_message(2, "two")));
  seal(batch_of(inbox_.id, imap_message(1, "one, but other")));
  const auto ripe = ledger().sighted(inbox_.id, clock_.time + 1, std::nullopt, 10);
  ASSERT_OK(ripe);
  ASSERT_EQ(ripe->size(), 2U);  // the newest version of each
  EXPECT_EQ(ripe->at(0).uid, 2U);
  EXPECT_EQ(ripe->at(1).content, common::Sha256::of("one, but other"));
  EXPECT_TRUE(ledger().sighted(inbox_.id, clock_.time, std::nullopt, 10)->empty());
  EXPECT_EQ(ledger().sighted(inbox_.id, clock_.time + 1, ripe->at(0).position, 10)->size(), 1U);

  Deletion deletion{inbox_.id, DeletionState::Intended, uids("1:2"), {"a"}, ""};
  ASSERT_OK(ledger().record_deletion(deletion));
  EXPECT_EQ(ledger().deletions(inbox_.id)->intended.to_string(), "1:2");
  deletion.state = DeletionState::Done;
  deletion.uids = uids("1");
  ASSERT_OK(ledger().record_deletion(deletion));
  deletion.state = DeletionState::Failed;
  deletion.uids = uids("2");
  deletion.uidls.clear();
  ASSERT_OK(ledger().record_deletion(deletion));

  const auto all = ledger().deletions(inbox_.id);
  ASSERT_OK(all);
  EXPECT_TRUE(all->intended.empty());
  EXPECT_EQ(all->done.to_string(), "1");
  EXPECT_TRUE(all->done_uidls.contains("a"));
  EXPECT_EQ(report().folders.at(0).deleted, 1U);
  deletion.epoch = EpochId{77};
  ASSERT_FAILS(ledger().record_deletion(deletion), common::ErrorKind::NotFound);
  expect_sound();
}

TEST_P(LedgerStates, AnArchiveOfTheSecondSchemaKeepsItsCursors) {
  claim(inbox_, "1:3,70000,9000000");
  exclude("folder-excluded", "3,70000", "");
  seal(batch_of(inbox_.id, imap_message(1, "one"), imap_message(9'000'000, "nine")));
  const Epoch box = open(add_account("carl", Protocol::Pop3), "INBOX", 0);
  Claim uidls;
  uidls.epoch = box.id;
  uidls.uidls = {"a", "b"};
  uidls.exists = 2;
  ASSERT_OK(ledger().record_claim(uidls));
  back_to_schema_2();
  change("UPDATE epochs SET covered = '1,3,70000,9000000' WHERE id = 1");
  change("UPDATE epochs SET server_set = $1 WHERE id = 1", {Blob{"1:3,70000,9000000"}});
  change("UPDATE epochs SET server_set = $1 WHERE id = 2",
         {Blob{std::string("\0\0\0\1a\0\0\0\1b", 10)}});
  close();
  reopen();

  expect_sound();
  EXPECT_EQ(covered(inbox_).to_string(), "1,3,70000,9000000");
  EXPECT_EQ(excluded(), "folder-excluded=3,70000;");
  EXPECT_TRUE(head().has_excluded());
  EXPECT_EQ(ledger().claimed_uids(inbox_.id)->to_string(), "1:3,70000,9000000");
  EXPECT_EQ(ledger().open_uids(anna_)->at(inbox_.id).to_string(), "2");
  EXPECT_EQ(completeness(archive(), {"carl"})->accounts.front().folders.front().gaps.size(), 2U);
}

}  // namespace
}  // namespace mailkeep::store
