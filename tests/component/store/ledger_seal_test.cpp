// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "store/contents.h"
#include "store/journal.h"
#include "store/log/entry.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class LedgerSeal : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    anna_ = add_account("anna");
    inbox_ = open(anna_, "INBOX");
  }
  std::int64_t count(std::string_view table) {
    return number_of("SELECT COUNT(*) FROM " + std::string(table));
  }
  std::int64_t count_kind(EntryKind kind) {
    return number_of("SELECT COUNT(*) FROM sightings WHERE kind = $1",
                     {static_cast<std::int64_t>(kind)});
  }

  AccountId anna_{};
  Epoch inbox_;
};
MAILKEEP_BOTH_ENGINES(LedgerSeal);

TEST_P(LedgerSeal, WritesBytesSightingEntryAndCursorTogether) {
  clock_.time += 5;
  const auto report = seal(batch_of(inbox_.id, imap_message(3, "Subject: a\r\n\r\nA"),
                                    imap_message(5, "Subject: b\r\n\r\nB")));

  EXPECT_EQ(report.stored, 2U);
  EXPECT_EQ(report.sighted, 2U);
  EXPECT_EQ(report.already_there, 0U);
  EXPECT_EQ(report.bytes, 30U);
  EXPECT_EQ(covered(inbox_).to_string(), "3,5");
  EXPECT_EQ(bytes_of(common::Sha256::of("Subject: a\r\n\r\nA")), "Subject: a\r\n\r\nA");
  const auto sightings = Journal(archive()).sightings(LogPosition{0}, LogPosition{99}, 99);
  ASSERT_TRUE(sightings);
  ASSERT_EQ(sightings->size(), 2U);
  const Sighting& first = sightings->front();
  EXPECT_EQ(first.account_name, "anna");
  EXPECT_EQ(first.folder, "INBOX");
  EXPECT_EQ(first.uidvalidity, 7U);
  EXPECT_EQ(first.uid, 3U);
  EXPECT_TRUE(first.has_uid);
  EXPECT_EQ(first.flags, "\\Seen $Work");
  EXPECT_EQ(first.seen, clock_.time);
  expect_sound();
}

TEST_P(LedgerSeal, WritesNothingASecondTime) {
  seal(batch_of(inbox_.id, imap_message(1, "one"), imap_message(2, "two")));
  const auto entries = count("log_entries");

  const auto report = seal(
      batch_of(inbox_.id, imap_message(1, "one"), imap_message(2, "two"), imap_message(2, "two")));

  EXPECT_EQ(report.stored, 0U);
  EXPECT_EQ(report.sighted, 0U);
  EXPECT_EQ(report.already_there, 3U);
  EXPECT_EQ(count("log_entries"), entries);
  expect_sound();
}

TEST_P(LedgerSeal, FindsSightingsEvenIfTheCursorForgotThem) {
  seal(batch_of(inbox_.id, imap_message(1, "one")));
  change("DELETE FROM covered_segments");

  EXPECT_EQ(seal(batch_of(inbox_.id, imap_message(1, "one"))).already_there, 1U);

  EXPECT_EQ(covered(inbox_).to_string(), "1");
  expect_sound();
}

TEST_P(LedgerSeal, KeepsOtherBytesUnderTheSameUidAsAVersion) {
  seal(batch_of(inbox_.id, imap_message(1, "first")));
  const auto report = seal(batch_of(inbox_.id, imap_message(1, "second"), imap_message(1, "first"),
                                    imap_message(1, "third")));

  EXPECT_EQ(report.sighted, 2U);
  EXPECT_EQ(report.already_there, 1U);
  EXPECT_EQ(report.stored, 2U);
  EXPECT_EQ(count_kind(EntryKind::Version), 2);
  EXPECT_EQ(number_of("SELECT MAX(version) FROM sightings"), 3);
  EXPECT_EQ(bytes_of(common::Sha256::of("first")), "first");
  EXPECT_EQ(bytes_of(common::Sha256::of("third")), "third");
  expect_sound();
}

TEST_P(LedgerSeal, StoresTheSameContentOnceAndSightsItTwice) {
  const Epoch archive_folder = open(anna_, "Archive");
  seal(batch_of(inbox_.id, imap_message(1, "same"), imap_message(2, "same")));
  const auto report = seal(batch_of(archive_folder.id, imap_message(1, "same")));

  EXPECT_EQ(report.stored, 0U);
  EXPECT_EQ(report.sighted, 1U);
  EXPECT_EQ(count("contents"), 1);
  EXPECT_EQ(count_kind(EntryKind::Archived), 1);
  EXPECT_EQ(count_kind(EntryKind::SeenAgain), 2);
  expect_sound();
}

TEST_P(LedgerSeal, TakesEmptyMessagesAndNuls) {
  const std::string nuls("\0\r\n\0", 4);
  seal(batch_of(inbox_.id, imap_message(1, ""), imap_message(2, nuls), imap_message(3, "\r")));

  EXPECT_EQ(bytes_of(common::Sha256::of("")), "");
  EXPECT_EQ(bytes_of(common::Sha256::of(nuls)), nuls);
  EXPECT_EQ(bytes_of(common::Sha256::of("\r")), "\r");
  EXPECT_EQ(covered(inbox_).to_string(), "1:3");
  expect_sound();
}

TEST_P(LedgerSeal, StreamsAMessageFromTheSpool) {
  BodyWriter writer(data_dir());
  common::Sha256 hash;
  for (int i = 0; i < 20; ++i) {  // 20 MiB and a bit, half of which compresses
    const std::string piece = i % 2 == 0 ? common::random_bytes(1U << 20U)
                                         : std::string((1U << 20U) + 1, static_cast<char>(i));
    ASSERT_OK(writer.append(piece));
    hash.update(piece);
  }
  Arrival arrival;
  arrival.uid = 9;
  auto body = std::move(writer).finish();
  ASSERT_OK(body);
  arrival.body = std::move(*body);
  const common::Digest digest = arrival.body.digest();
  ASSERT_EQ(digest, hash.finish());

  EXPECT_EQ(seal(batch_of(inbox_.id, std::move(arrival), imap_message(10, "small"))).stored, 2U);

  EXPECT_EQ(common::Sha256::of(bytes_of(digest)), digest);
  EXPECT_EQ(number_of("SELECT chunk_count FROM contents WHERE size > 100"), 21);
  expect_sound();
}

TEST_P(LedgerSeal, TellsPop3MessagesByUidlAndContent) {
  const AccountId carl = add_account("carl", Protocol::Pop3);
  const Epoch box = open(carl, "INBOX", 0);
  seal(batch_of(box.id, pop3_message("a", "one"), pop3_message("b", "two")));
  const auto report = seal(batch_of(box.id, pop3_message("a", "one"), pop3_message("a", "other"),
                                    pop3_message("c", "two")));

  EXPECT_EQ(report.sighted, 2U);
  EXPECT_EQ(report.already_there, 1U);
  EXPECT_EQ(count_kind(EntryKind::Version), 0);
  const auto known = ledger().known_uidls(box.id);
  ASSERT_OK(known);
  EXPECT_EQ(known->size(), 4U);
  EXPECT_TRUE(known->contains({"a", common::Sha256::of("other")}));
  EXPECT_TRUE(covered(box).empty());
  expect_sound();
}

TEST_P(LedgerSeal, LogsAFailureOnceAndCountsEachAttempt) {
  const auto fail_again = [&](std::string_view reason) {
    Batch batch = batch_of(inbox_.id);
    batch.outcomes.push_back(outcome(UidState::Failed, reason, "4,6:7"));
    seal(std::move(batch));
  };
  fail_again(kReasonRefused);
  fail_again(kReasonRefused);
  EXPECT_EQ(count("outcomes"), 1);
  fail_again(kReasonNoData);

  EXPECT_EQ(count("outcomes"), 2);
  EXPECT_EQ(number_of("SELECT attempts FROM attempts WHERE uid = 6"), 3);
  EXPECT_TRUE(covered(inbox_).empty());
  expect_sound();
}

TEST_P(LedgerSeal, ArchivesLaterWhatFailedBefore) {
  Batch failed = batch_of(inbox_.id, imap_message(1, "one"));
  failed.outcomes.push_back(outcome(UidState::Failed, kReasonRefused, "2:3"));
  seal(std::move(failed));
  EXPECT_EQ(covered(inbox_).to_string(), "1");

  seal(batch_of(inbox_.id, imap_message(2, "two")));

  EXPECT_EQ(covered(inbox_).to_string(), "1:2");
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM attempts WHERE uid = 2"), 0);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM attempts WHERE uid = 3"), 1);
  expect_sound();
}

TEST_P(LedgerSeal, CoversWhatIsExcludedButNotWhatVanished) {
  Batch batch = batch_of(inbox_.id, imap_message(1, "one"));
  batch.outcomes.push_back(outcome(UidState::Vanished, "gone", "1:3"));
  batch.outcomes.push_back(outcome(UidState::Excluded, "folder-excluded", "3:9"));
  batch.outcomes.push_back(outcome(UidState::Failed, kReasonCut, "1:12"));
  seal(std::move(batch));

  EXPECT_EQ(covered(inbox_).to_string(), "1,4:9");
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM attempts"), 3);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM outcomes WHERE uids = '2:3' AND state = 'vanished'"),
            1);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM outcomes WHERE uids = '10:12'"), 1);
  expect_sound();
}

TEST_P(LedgerSeal, CountsTheFailuresOfOneUidl) {
  const Epoch box = open(add_account("carl", Protocol::Pop3), "INBOX", 0);
  for (int i = 0; i < 2; ++i) {
    Batch batch = batch_of(box.id);
    batch.outcomes.push_back(outcome_of_uidl(UidState::Failed, kReasonTooLarge, "x"));
    batch.outcomes.push_back(outcome_of_uidl(UidState::Failed, kReasonRefused, "y"));
    seal(std::move(batch));
  }

  EXPECT_EQ(count("outcomes"), 2);
  EXPECT_EQ(number_of("SELECT SUM(attempts) FROM attempts"), 4);
  seal(batch_of(box.id, pop3_message("y", "came after all")));
  EXPECT_EQ(count("attempts"), 1);
  expect_sound();
}

TEST_P(LedgerSeal, LeavesNothingBehindWhenItFails) {
  const auto entries = count("log_entries");
  change("UPDATE log_head SET frontier = $1", {Blob{"short"}});

  ASSERT_FAILS(ledger().seal(batch_of(inbox_.id, imap_message(1, "one"))),
               common::ErrorKind::Corrupt);

  EXPECT_EQ(count("contents"), 0);
  EXPECT_EQ(count("chunks"), 0);
  EXPECT_EQ(count("sightings"), 0);
  EXPECT_EQ(count("log_entries"), entries);
  EXPECT_TRUE(covered(inbox_).empty());
}

TEST_P(LedgerSeal, RefusesAnEpochThatIsNotThere) {
  ASSERT_FAILS(ledger().seal(batch_of(EpochId{99}, imap_message(1, "one"))),
               common::ErrorKind::NotFound);
  EXPECT_EQ(count("contents"), 0);
}

TEST_P(LedgerSeal, KeepsOneContentWhenTwoProcessesBringIt) {
  auto other = open_another();
  ASSERT_OK(other);
  const Epoch mine = inbox_;
  const Epoch theirs = open(add_account("bert"), "INBOX");
  const auto bring = [](Archive& archive, EpochId epoch) {
    for (Uid uid = 1; uid <= 30; ++uid) {
      Batch batch = batch_of(epoch);
      for (Uid n = 0; n < 20; ++n)  // the other way round in the other process
        batch.arrivals.push_back(imap_message(uid * 100 + n, "m" + std::to_string(uid * 100 + n)));
      const auto report = Ledger(archive).seal(std::move(batch));
      ASSERT_OK(report);
      EXPECT_EQ(report->sighted, 20U);
    }
  };
  {
    const std::jthread one([&] { bring(archive(), mine.id); });
    const std::jthread two([&] { bring(**other, theirs.id); });
  }

  EXPECT_EQ(count("contents"), 600);
  EXPECT_EQ(count_kind(EntryKind::Archived), 600);
  EXPECT_EQ(count_kind(EntryKind::SeenAgain), 600);
  expect_sound();
}

TEST_P(LedgerSeal, SealsThousandsOfMessagesInOneBatch) {
  Batch batch = batch_of(inbox_.id);
  for (Uid uid = 1; uid <= 2500; ++uid)
    batch.arrivals.push_back(imap_message(uid, "message " + std::to_string(uid / 2)));
  const auto report = seal(std::move(batch));

  EXPECT_EQ(report.sighted, 2500U);
  EXPECT_EQ(report.stored, 1251U);
  EXPECT_EQ(covered(inbox_).to_string(), "1:2500");
  expect_sound();
}

}  // namespace
}  // namespace mailkeep::store
