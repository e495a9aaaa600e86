// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"
#include "store/overview.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

class JournalEventsTest : public LedgerFixture {
 protected:
  Journal journal() { return Journal(archive()); }
  std::vector<std::string> texts(const EventQuery& query) {
    const std::vector<EventRecord> records = journal().events(query).value();
    std::vector<std::string> found;
    found.reserve(records.size());
    for (const EventRecord& record : records) found.push_back(record.text);
    return found;
  }
};
MAILKEEP_BOTH_ENGINES(JournalEventsTest);

TEST_P(JournalEventsTest, WritesManyInOneTransaction) {
  const std::vector<Event> events = {
      {"access", "a"}, {"export", std::string("b\0\xff", 3)}, {"access", ""}};
  ASSERT_OK(journal().record_events(events));
  ASSERT_OK(journal().record_events({}));
  EXPECT_EQ(number(journal().size().value()), 3);
  const auto found = journal().events({Order::OldestFirst, {}, {}, {}, 10});
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ((*found)[1].kind, "export");
  EXPECT_EQ((*found)[1].text, std::string("b\0\xff", 3));
  EXPECT_EQ(number((*found)[1].position), 1);
  EXPECT_EQ((*found)[1].time, clock_.time);
  expect_sound();
}

TEST_P(JournalEventsTest, WritesNoneIfOneIsNoEvent) {
  const std::vector<Event> events = {{"access", "a"}, {"archived", "b"}};
  ASSERT_FAILS(journal().record_events(events), ErrorKind::Usage);
  EXPECT_EQ(number(journal().size().value()), 0);
  ASSERT_FAILS(journal().events({Order::NewestFirst, {}, {}, {"no such"}, 1}), ErrorKind::Usage);
}

TEST_P(JournalEventsTest, PagesBothWaysAndByKind) {
  for (const char* text : {"0", "1", "2", "3", "4"})
    ASSERT_OK(journal().record_event(*text % 2 == 0 ? "access" : "export", text));
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts({Order::NewestFirst, {}, {}, {}, 2}), (Texts{"4", "3"}));
  EXPECT_EQ(texts({Order::NewestFirst, {}, LogPosition{3}, {}, 2}), (Texts{"2", "1"}));
  EXPECT_EQ(texts({Order::OldestFirst, LogPosition{2}, {}, {}, 2}), (Texts{"2", "3"}));
  EXPECT_EQ(texts({Order::NewestFirst, {}, {}, {"access"}, 9}), (Texts{"4", "2", "0"}));
  EXPECT_EQ(texts({Order::NewestFirst, LogPosition{1}, {}, {"access", "export"}, 9}),
            (Texts{"4", "3", "2", "1"}));
  EXPECT_EQ(journal().count_events({Order::NewestFirst, {}, LogPosition{4}, {"access"}, 1}), 2U);
}

TEST_P(JournalEventsTest, CountsGrowthByDay) {
  const Epoch epoch = open(add_account("anna"), "INBOX");
  seal(batch_of(epoch.id, imap_message(1, "one"), imap_message(2, "three")));
  clock_.time += 3 * 86'400'000'000;
  seal(batch_of(epoch.id, imap_message(3, "one"), imap_message(4, "seven77")));
  const auto days = growth(archive());
  ASSERT_OK(days);
  ASSERT_EQ(days->size(), 2U);
  EXPECT_EQ((*days)[0].day, "2023-11-14");
  EXPECT_EQ((*days)[0].messages, 2U);
  EXPECT_EQ((*days)[0].bytes, 8U);
  EXPECT_EQ((*days)[1].day, "2023-11-17");
  EXPECT_EQ((*days)[1].messages, 1U);  // the other was there already
  EXPECT_EQ((*days)[1].bytes, 7U);
}

}  // namespace
}  // namespace mailkeep::store
