// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/agenda.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace mailkeep::fetcher {
namespace {

using common::ErrorKind;
using common::Micros;
using store::AccountId;

constexpr Micros kSecond = 1'000'000;
constexpr Micros kMinute = 60 * kSecond;
constexpr Micros kHour = 60 * kMinute;
constexpr Micros kStart = 1'700'000'000 * kSecond;

constexpr AccountId kAnna{1};
constexpr AccountId kTom{2};

class AgendaTest : public testing::Test {
 protected:
  AgendaItem item(AccountId account, const std::string& host = "mail.example.org") {
    AgendaItem item;
    item.account = account;
    item.host = host;
    item.port = 993;
    return item;
  }
  Agenda agenda(const std::vector<AgendaItem>& items, std::map<AccountId, Micros> last_end = {},
                AgendaLimits limits = {}) {
    Agenda made(limits, [this] { return jitter_; });
    made.set_accounts(items, last_end, now_);
    return made;
  }
  // Fetched once; due again after one interval.
  Agenda fetched(const AgendaItem& one) {
    Agenda made = agenda({one});
    EXPECT_TRUE(made.take(now_));
    made.give_back(one.account, {}, now_);
    return made;
  }
  bool starts(Agenda& agenda) { return agenda.take(now_).has_value(); }

  Micros now_ = kStart;
  double jitter_ = 0;
};

TEST_F(AgendaTest, FetchesAtOnceWhatWasNeverFetched) {
  Agenda made = agenda({item(kAnna)});
  const auto start = made.take(now_);
  ASSERT_TRUE(start);
  EXPECT_EQ(start->account, kAnna);
  EXPECT_FALSE(start->is_asked);
  EXPECT_FALSE(starts(made)) << "it runs already";
}

TEST_F(AgendaTest, WaitsAnIntervalFromTheEndOfTheLastPassOverARestart) {
  Agenda made = agenda({item(kAnna)}, {{kAnna, now_ - 100 * kSecond}});
  now_ += 199 * kSecond;
  EXPECT_FALSE(starts(made));
  now_ += kSecond;
  EXPECT_TRUE(starts(made));
}

TEST_F(AgendaTest, CountsTheIntervalFromTheEndNotTheBeginning) {
  Agenda made = agenda({item(kAnna)});
  ASSERT_TRUE(starts(made));
  now_ += kHour;
  made.give_back(kAnna, {}, now_);
  EXPECT_FALSE(starts(made));
  EXPECT_EQ(made.state(kAnna, now_)->next_due, now_ + 300 * kSecond);
}

TEST_F(AgendaTest, GoesByTheAccountsOwnInterval) {
  AgendaItem quick = item(kAnna);
  quick.interval = std::chrono::seconds(10);
  Agenda made = fetched(quick);
  now_ += 10 * kSecond;
  EXPECT_TRUE(starts(made));
}

TEST_F(AgendaTest, ShakesTheWaitByATenth) {
  jitter_ = 1;
  Agenda late = fetched(item(kAnna));
  EXPECT_EQ(late.state(kAnna, now_)->next_due, now_ + 330 * kSecond);
  jitter_ = -1;
  Agenda early = fetched(item(kAnna));
  EXPECT_EQ(early.state(kAnna, now_)->next_due, now_ + 270 * kSecond);
}

TEST_F(AgendaTest, TakesWhoIsOverdueLongestFirst) {
  Agenda made = agenda({item(kAnna), item(kTom)},
                       {{kAnna, now_ - 400 * kSecond}, {kTom, now_ - 500 * kSecond}});
  EXPECT_EQ(made.take(now_)->account, kTom);
  EXPECT_EQ(made.take(now_)->account, kAnna);
}

TEST_F(AgendaTest, TurnsRoundAmongAccountsWhenThereIsOneWorker) {
  AgendaLimits one;
  one.workers = 1;
  AgendaItem anna = item(kAnna);
  AgendaItem tom = item(kTom);
  anna.interval = tom.interval = std::chrono::seconds(1);
  Agenda made = agenda({anna, tom}, {}, one);
  std::map<AccountId, int> passes;
  for (int i = 0; i < 20; ++i) {
    const auto start = made.take(now_);
    ASSERT_TRUE(start);
    EXPECT_FALSE(made.take(now_)) << "the worker is taken";
    ++passes[start->account];
    now_ += 10 * kSecond;
    made.give_back(start->account, {}, now_);
    now_ += 2 * kSecond;
  }
  EXPECT_EQ(passes[kAnna], 10);
  EXPECT_EQ(passes[kTom], 10);
}

TEST_F(AgendaTest, LongPassesHoldUpNobody) {
  AgendaLimits one;
  one.workers = 1;
  std::vector<AgendaItem> items;
  for (int i = 1; i <= 6; ++i) items.push_back(item(AccountId{i}, "host" + std::to_string(i)));
  Agenda made = agenda(items, {}, one);
  int started = 0;
  for (int i = 0; i < 10; ++i) {
    if (starts(made)) ++started;
    EXPECT_FALSE(starts(made));
    now_ += kMinute;
  }
  EXPECT_EQ(started, 4) << "at most four times the workers";
}

TEST_F(AgendaTest, SpendsNoMoreConnectionsOnAHostThanAllowed) {
  AgendaLimits limits;
  limits.connections_per_host = 1;  // never below 2
  Agenda made = agenda({item(AccountId{1}), item(AccountId{2}), item(AccountId{3}),
                        item(AccountId{4}, "other.example.org")},
                       {}, limits);
  std::vector<AccountId> taken;
  while (const auto start = made.take(now_)) taken.push_back(start->account);
  EXPECT_EQ(taken, (std::vector{AccountId{1}, AccountId{2}, AccountId{4}}));
  made.give_back(AccountId{1}, {}, now_);
  EXPECT_EQ(made.take(now_)->account, AccountId{3});
}

TEST_F(AgendaTest, DoublesTheWaitAfterFailuresUpToAnHour) {
  Agenda made = agenda({item(kAnna)});
  std::vector<Micros> waits;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(starts(made));
    made.give_back(kAnna, ErrorKind::Network, now_);
    waits.push_back(*made.state(kAnna, now_)->next_due - now_);
    now_ += waits.back();
  }
  EXPECT_EQ(waits, (std::vector<Micros>{5 * kMinute, 10 * kMinute, 20 * kMinute, 40 * kMinute,
                                        kHour, kHour}));
  EXPECT_EQ(made.state(kAnna, now_)->failures, 6U);
  ASSERT_TRUE(starts(made));
  made.give_back(kAnna, {}, now_);
  EXPECT_EQ(*made.state(kAnna, now_)->next_due - now_, 5 * kMinute) << "forgiven by a success";
}

TEST_F(AgendaTest, WaitsLongForARefusedLoginAndForThrottling) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const std::chrono::seconds interval(300);
  EXPECT_EQ(wait_after_failure(ErrorKind::Auth, 1, interval), hours(1));
  EXPECT_EQ(wait_after_failure(ErrorKind::Auth, 3, interval), hours(4));
  EXPECT_EQ(wait_after_failure(ErrorKind::Auth, 1000, interval), hours(24));
  EXPECT_EQ(wait_after_failure(ErrorKind::Throttled, 1, interval), minutes(10));
  EXPECT_EQ(wait_after_failure(ErrorKind::Throttled, 1000, interval), hours(4));
  EXPECT_EQ(wait_after_failure(ErrorKind::Timeout, 1, std::chrono::seconds(1)), minutes(1));
  EXPECT_EQ(wait_after_failure(ErrorKind::Timeout, 1, hours(48)), hours(48));
}

TEST_F(AgendaTest, NeitherAStopNorAnotherProcessIsAFailure) {
  for (const ErrorKind kind : {ErrorKind::Cancelled, ErrorKind::Busy}) {
    Agenda made = agenda({item(kAnna)});
    ASSERT_TRUE(starts(made));
    made.give_back(kAnna, kind, now_);
    EXPECT_EQ(made.state(kAnna, now_)->failures, 0U);
    EXPECT_EQ(made.state(kAnna, now_)->next_due, now_ + 300 * kSecond);
  }
}

TEST_F(AgendaTest, BackOffDoesNotBindWhoAsksForAFetchNow) {
  Agenda made = agenda({item(kAnna)});
  ASSERT_TRUE(starts(made));
  made.give_back(kAnna, ErrorKind::Auth, now_);
  EXPECT_FALSE(starts(made));
  made.ask(kAnna, now_);
  EXPECT_TRUE(made.state(kAnna, now_)->is_waiting);
  const auto start = made.take(now_);
  ASSERT_TRUE(start);
  EXPECT_TRUE(start->is_asked);
}

TEST_F(AgendaTest, WhoAsksGoesBeforeWhoIsDue) {
  Agenda made = agenda({item(kAnna), item(kTom)}, {{kTom, now_}});
  made.ask(kTom, now_);
  EXPECT_EQ(made.take(now_)->account, kTom);
}

TEST_F(AgendaTest, AWishThatIsTakenBackIsForgotten) {
  Agenda made = fetched(item(kAnna));
  made.ask(kAnna, now_);
  made.forget(kAnna);
  EXPECT_FALSE(starts(made));
}

TEST_F(AgendaTest, AWishDuringAPassMeansAnotherPass) {
  Agenda made = agenda({item(kAnna)});
  ASSERT_TRUE(starts(made));
  made.ask(kAnna, now_);
  made.give_back(kAnna, {}, now_);
  EXPECT_TRUE(made.take(now_)->is_asked);
}

TEST_F(AgendaTest, PausedAccountsAreFetchedOnlyWhenAskedFor) {
  AgendaItem paused = item(kAnna);
  paused.is_active = false;
  Agenda made = agenda({paused});
  EXPECT_FALSE(starts(made));
  EXPECT_FALSE(made.state(kAnna, now_)->next_due);
  made.ask(kAnna, now_);
  EXPECT_TRUE(starts(made));
}

TEST_F(AgendaTest, OtherSettingsAreTriedAtOnce) {
  AgendaItem one = item(kAnna);
  Agenda made = agenda({one});
  ASSERT_TRUE(starts(made));
  made.give_back(kAnna, ErrorKind::Auth, now_);
  now_ += kSecond;
  made.set_accounts({one}, {}, now_);
  EXPECT_FALSE(starts(made)) << "the same settings wait on";
  one.version = 17;
  made.set_accounts({one}, {}, now_);
  EXPECT_TRUE(starts(made));
}

TEST_F(AgendaTest, ForgetsAccountsThatAreGoneOnceTheirPassHasEnded) {
  Agenda made = agenda({item(kAnna)});
  ASSERT_TRUE(starts(made));
  made.set_accounts({}, {}, now_);
  EXPECT_FALSE(made.state(kAnna, now_));
  made.give_back(kAnna, {}, now_);
  now_ += kHour;
  EXPECT_FALSE(starts(made));
}

TEST_F(AgendaTest, GoesByWhatAnotherProcessHasFetched) {
  Agenda made = fetched(item(kAnna));
  const Micros ours = now_;
  now_ += 300 * kSecond;
  ASSERT_TRUE(starts(made));
  EXPECT_FALSE(made.note_end(kAnna, ours, now_)) << "that pass was our own";
  EXPECT_TRUE(made.note_end(kAnna, now_ - 10 * kSecond, now_));
  EXPECT_FALSE(made.state(kAnna, now_)->is_running);
  EXPECT_FALSE(starts(made));
  EXPECT_EQ(made.state(kAnna, now_)->next_due, now_ + 290 * kSecond);
}

TEST_F(AgendaTest, AClockThatIsTurnedBackDelaysNothingForLong) {
  Agenda made = fetched(item(kAnna));
  now_ -= 1000 * kHour;
  made.set_accounts({item(kAnna)}, {}, now_);
  now_ += 331 * kSecond;
  EXPECT_TRUE(starts(made));

  Agenda restarted = agenda({item(kAnna)}, {{kAnna, now_ + kHour}});
  now_ += 301 * kSecond;
  EXPECT_TRUE(starts(restarted));
}

}  // namespace
}  // namespace mailkeep::fetcher
