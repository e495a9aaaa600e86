// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class JournalFollow : public LedgerFixture {
 protected:
  Journal journal() { return Journal(archive()); }
};
MAILKEEP_BOTH_ENGINES(JournalFollow);

TEST_P(JournalFollow, MeetsEachSightingOnceWithAPlainWatermark) {
  const AccountId anna = add_account("anna");
  const Epoch inbox = open(anna, "INBOX");
  for (Uid uid = 1; uid <= 7; ++uid)
    seal(batch_of(inbox.id, imap_message(uid, "m" + std::to_string(uid))));
  const auto end = journal().size();
  ASSERT_OK(end);

  std::vector<Uid> met;
  LogPosition from{0};
  while (true) {
    const auto some = journal().sightings(from, *end, 3);
    ASSERT_OK(some);
    if (some->empty()) break;
    for (const Sighting& sighting : *some) met.push_back(sighting.uid);
    from = LogPosition{number(some->back().position) + 1};
  }

  EXPECT_EQ(met, (std::vector<Uid>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(number(*end), 9);  // an account, an epoch, seven sightings
}

TEST_P(JournalFollow, GivesAMessageWithAllItsSightings) {
  const AccountId anna = add_account("anna");
  const Epoch bert = open(add_account("bert", Protocol::Pop3), "INBOX", 0);
  seal(batch_of(open(anna, "INBOX").id, imap_message(1, "a"), imap_message(2, "b")));
  seal(batch_of(bert.id, pop3_message("x", "b"), pop3_message("y", "c")));

  std::vector<std::string> seen;
  common::Digest last{};
  const auto visit = [&](const std::vector<Sighting>& message) {
    EXPECT_LT(last, message.front().content);
    last = message.front().content;
    std::string line = std::to_string(message.size());
    for (const Sighting& sighting : message)
      line += " " + sighting.account_name + (sighting.has_uid ? "" : "/" + sighting.uidl);
    seen.push_back(line);
    return common::Status();
  };
  ASSERT_OK(journal().each_message({}, visit));
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_NE(std::find(seen.begin(), seen.end(), "2 anna bert/x"), seen.end());

  seen.clear();
  last = {};
  ASSERT_OK(journal().each_message({"bert", "nobody"}, visit));
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_NE(std::find(seen.begin(), seen.end(), "1 bert/x"), seen.end());

  const auto both = journal().sightings_of(common::Sha256::of("b"));
  ASSERT_OK(both);
  EXPECT_EQ(both->size(), 2U);
}

TEST_P(JournalFollow, StopsAtTheVisitorsError) {
  seal(batch_of(open(add_account("anna"), "INBOX").id, imap_message(1, "a"), imap_message(2, "b")));
  int visits = 0;

  const auto status = journal().each_message({}, [&](const auto&) -> common::Status {
    ++visits;
    return common::fail(common::ErrorKind::Cancelled, "stop");
  });

  ASSERT_FAILS(status, common::ErrorKind::Cancelled);
  EXPECT_EQ(visits, 1);
}

TEST_P(JournalFollow, RecordsEventsAsFacts) {
  for (const char* kind : {"start", "stop", "export", "access", "hold", "release"})
    ASSERT_OK(journal().record_event(kind, std::string("what happened\0", 14)));
  ASSERT_FAILS(journal().record_event("archived", "x"), common::ErrorKind::Usage);
  ASSERT_FAILS(journal().record_event("nonsense", "x"), common::ErrorKind::Usage);

  EXPECT_EQ(number_of("SELECT COUNT(*) FROM events"), 6);
  expect_sound();
}

TEST_P(JournalFollow, HandsOutASightingWhosePlaceWasTaken) {
  seal(batch_of(open(add_account("anna"), "INBOX").id, imap_message(1, "a")));
  change("DELETE FROM epochs");
  change("DELETE FROM accounts");

  int visits = 0;
  ASSERT_OK(journal().each_message({}, [&](const auto&) {
    ++visits;
    return common::Status();
  }));
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace mailkeep::store
