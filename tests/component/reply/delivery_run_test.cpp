// SPDX-License-Identifier: GPL-3.0-or-later
// The worker beside the fetchers, its time limits and its stop.
#include <gtest/gtest.h>

#include <thread>

#include "api/reply/delivery.h"
#include "api/reply/smtp_account.h"
#include "store/lease.h"
#include "store/sql/database.h"
#include "tests/component/reply/reply_fixture.h"

namespace mailkeep::reply {
namespace {

using namespace std::chrono_literals;
using store::DeliveryState;
using store::SendState;
using test::expect;
using test::raw;
using test::Script;
using test::ScriptedServer;
using test::send;
using test::stall;

class DeliveryRun : public ReplyFixture {
 protected:
  // Waits for the condition, at most ten seconds.
  template <class Condition>
  static bool comes_true(const Condition& condition) {
    const auto deadline = common::Deadline::in(10s);
    while (!condition()) {
      if (deadline.has_passed()) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  bool becomes(store::OutboxId id, SendState state) {
    return comes_true([&] { return item(id).state == state; });
  }

  void change(const std::string& sql) {
    auto transaction = archive_->database().begin_write();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE((*transaction)->connection().execute(sql));
    ASSERT_TRUE((*transaction)->commit());
  }

  store::OutboxItem deliver(store::OutboxId id, const SmtpPatience& patience = {}) {
    Delivery delivery(*archive_, patience);
    const auto done = delivery.deliver_now(id, common::Deadline::in(1s), {});
    EXPECT_TRUE(done) << done.error().text;
    return done ? *done : store::OutboxItem();
  }
};

TEST_F(DeliveryRun, SendsWhatIsQueuedWhileItRuns) {
  ScriptedServer server({smtp_takes_it(), smtp_takes_it()});
  const store::Account anna = add_account("anna", server.port());
  const store::OutboxId before = queue(anna);
  Delivery delivery(*archive_);
  std::jthread runner([&](const std::stop_token& stop) { EXPECT_TRUE(delivery.run(stop)); });
  EXPECT_TRUE(becomes(before, SendState::Sent));
  const store::OutboxId during = queue(anna);
  const auto began = std::chrono::steady_clock::now();
  delivery.notify();
  EXPECT_TRUE(becomes(during, SendState::Sent));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 900ms);  // not at the next look
  runner.request_stop();
  runner.join();
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
  expect_sound();
}

TEST_F(DeliveryRun, LetsNoStalledServerHoldUpAnotherAccount) {
  ScriptedServer stalled({{stall()}});
  ScriptedServer quick({smtp_takes_it()});
  queue(add_account("anna", stalled.port()));
  const store::OutboxId other = queue(add_account("carl", quick.port()));
  Delivery delivery(*archive_);
  std::jthread runner([&](const std::stop_token& stop) { EXPECT_TRUE(delivery.run(stop)); });
  EXPECT_TRUE(becomes(other, SendState::Sent));
  const auto began = std::chrono::steady_clock::now();
  runner.request_stop();
  runner.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);  // the greeting is not waited for
  EXPECT_EQ(item(store::OutboxId{1}).state, SendState::Queued);
  EXPECT_TRUE(item(store::OutboxId{1}).deliveries.empty());
}

TEST_F(DeliveryRun, WaitsForTheAnswerWhenItIsStopped) {
  ScriptedServer server({smtp_until_data() + Script{stall()}});
  const store::OutboxId id = queue(add_account("anna", server.port()));
  Delivery delivery(*archive_);
  std::jthread runner([&](const std::stop_token& stop) { EXPECT_TRUE(delivery.run(stop, 300ms)); });
  EXPECT_TRUE(becomes(id, SendState::Sending));
  const auto began = std::chrono::steady_clock::now();
  runner.request_stop();
  runner.join();
  EXPECT_GE(std::chrono::steady_clock::now() - began, 250ms);
  // Cut off without an answer: nobody knows.
  EXPECT_NE(item(id).state, SendState::Sent);
  Delivery again(*archive_);
  const auto done = again.deliver_now(id, common::Deadline::in(1s), {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->state, SendState::Unknown);
  expect_sound();
}

TEST_F(DeliveryRun, LeavesAnotherProcessAlone) {
  ScriptedServer server({smtp_takes_it()});
  const store::Account anna = add_account("anna", server.port());
  const store::OutboxId id = queue(anna);
  auto lease = store::Lease::take(*archive_, store::Outbox::lease_name(anna.id));
  ASSERT_TRUE(lease);
  Delivery delivery(*archive_);
  auto done = delivery.deliver_now(id, common::Deadline::in(100ms), {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->state, SendState::Queued);
  EXPECT_EQ(server.connections(), 0U);
  { const store::Lease given_back = *std::move(lease); }
  EXPECT_EQ(deliver(id).state, SendState::Sent);
}

TEST_F(DeliveryRun, TellsWhichWaitCameToAnEnd) {
  SmtpPatience patience;
  patience.greeting = patience.command = patience.data = patience.after_data = 2s;
  struct Case {
    Script script;
    std::chrono::milliseconds SmtpPatience::*limit;
    SendState state;
  };
  const Script until_data = {send("220 hi"), expect("EHLO"), raw("250-x\r\n250 AUTH PLAIN\r\n"),
                             expect("AUTH"), send("235 in"), expect("MAIL"),
                             send("250 ok"), expect("RCPT"), send("250 ok"),
                             expect("DATA"), stall()};
  const std::vector<Case> cases = {
      {{stall()}, &SmtpPatience::greeting, SendState::Queued},
      {{send("220 hi"), stall()}, &SmtpPatience::command, SendState::Queued},
      {until_data, &SmtpPatience::data, SendState::Queued},
      {smtp_until_data() + Script{stall()}, &SmtpPatience::after_data, SendState::Unknown},
      {smtp_until_data() + Script{raw("250-almost\r\n"), stall()}, &SmtpPatience::after_data,
       SendState::Unknown},
  };
  int number = 0;
  for (const Case& one : cases) {
    ScriptedServer server({one.script});
    SmtpPatience given = patience;
    given.*one.limit = 150ms;
    const store::OutboxId id =
        queue(add_account("account" + std::to_string(++number), server.port()));
    const auto began = std::chrono::steady_clock::now();
    const store::OutboxItem after = deliver(id, given);
    EXPECT_EQ(after.state, one.state) << number << " " << after.detail;
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1900ms) << number;
  }
  expect_sound();
}

TEST_F(DeliveryRun, SendsNothingAgainAfterAnAnswerThatIsNeitherYesNorNo) {
  ScriptedServer server({smtp_until_data() + Script{send("354 go on"), expect("QUIT")}});
  const store::OutboxId id = queue(add_account("anna", server.port()));
  EXPECT_EQ(deliver(id).state, SendState::Unknown);
  expect_sound();
}

TEST_F(DeliveryRun, WritesTheAnswerDownOnceTheStoreIsWellAgain) {
  ScriptedServer server({smtp_takes_it()});
  const store::OutboxId id = queue(add_account("anna", server.port()));
  // The head of the log is needed for the answer alone.
  change("UPDATE log_head SET size = -size");
  std::jthread deliverer([&] { EXPECT_EQ(deliver(id).state, SendState::Sent); });
  EXPECT_TRUE(becomes(id, SendState::Sending));
  const auto damaged = common::Deadline::in(300ms);
  EXPECT_TRUE(comes_true([&] { return damaged.has_passed(); }));
  change("UPDATE log_head SET size = -size");
  deliverer.join();
  EXPECT_EQ(item(id).state, SendState::Sent);
  expect_sound();
}

TEST_F(DeliveryRun, TriesAgainLaterAndGivesUpAfterFourDays) {
  const store::OutboxId id = queue(add_account("anna", 1));  // nobody listens there
  EXPECT_EQ(deliver(id).next_attempt, clock_.time + 60'000'000);
  EXPECT_EQ(deliver(id).next_attempt, clock_.time + 5 * 60'000'000LL);
  clock_.time += 3LL * 24 * 3600 * 1'000'000;
  EXPECT_EQ(deliver(id).state, SendState::Queued);
  clock_.time += 24LL * 3600 * 1'000'000;
  store::OutboxItem after = deliver(id);
  EXPECT_EQ(after.state, SendState::Failed);
  EXPECT_NE(after.detail.find("given up"), std::string::npos);
  ASSERT_TRUE(store::Outbox(*archive_).resend(id, "anna"));
  EXPECT_EQ(deliver(id).state, SendState::Queued);  // a person's wish begins anew
  expect_sound();
}

TEST_F(DeliveryRun, WaitsWhereTheBudgetIsUsedUp) {
  ScriptedServer server({smtp_takes_it(2), smtp_takes_it(2)});
  const store::Account anna = add_account("anna", server.port(), 3);
  const std::vector<std::string> two = {"bob@x.example", "eve@x.example"};
  const store::OutboxId first = queue(anna, two);
  EXPECT_EQ(deliver(first).state, SendState::Sent);
  const store::OutboxId second = queue(anna, two);
  const store::OutboxItem waiting = deliver(second);
  EXPECT_EQ(waiting.state, SendState::Queued);
  EXPECT_TRUE(waiting.deliveries.empty());
  EXPECT_EQ(waiting.next_attempt, clock_.time + kBudgetWindow + 1);
  EXPECT_NE(waiting.detail.find("2026-01-02T10:00:00Z"), std::string::npos) << waiting.detail;
  clock_.time += kBudgetWindow + 1;
  EXPECT_EQ(deliver(second).state, SendState::Sent);
  server.stop();
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(DeliveryRun, SendsNothingThatTheBudgetCanNeverHold) {
  ScriptedServer server({smtp_takes_it(2)});
  const store::Account anna = add_account("anna", server.port(), 1);
  const store::OutboxItem after = deliver(queue(anna, {"bob@x.example", "eve@x.example"}));
  EXPECT_EQ(after.state, SendState::Failed);
  EXPECT_NE(after.detail.find("1 a day"), std::string::npos) << after.detail;
  server.stop();
  EXPECT_EQ(server.connections(), 0U);
  expect_sound();
}

TEST_F(DeliveryRun, LogsInOnceWhereTheLoginIsRefused) {
  const Script refuses = {send("220 hi"), expect("EHLO"), raw("250-x\r\n250 AUTH PLAIN\r\n"),
                          expect("AUTH"), send("535 no")};
  ScriptedServer server({refuses, refuses, smtp_takes_it()});
  const store::Account anna = add_account("anna", server.port());
  const store::OutboxId first = queue(anna);
  std::vector<store::OutboxId> others;
  for (int i = 0; i < 30; ++i) others.push_back(queue(anna));
  Delivery delivery(*archive_);
  std::jthread runner([&](const std::stop_token& stop) { EXPECT_TRUE(delivery.run(stop)); });
  EXPECT_TRUE(comes_true([&] { return item(others.back()).next_attempt > clock_.time; }));
  runner.request_stop();
  runner.join();
  EXPECT_EQ(item(first).state, SendState::Failed);
  for (const store::OutboxId id : others) {
    EXPECT_EQ(item(id).state, SendState::Queued);
    EXPECT_EQ(item(id).next_attempt, clock_.time + 3600LL * 1'000'000);
  }
  const store::OutboxId later = queue(anna);
  EXPECT_EQ(deliver(later).state, SendState::Failed);
  EXPECT_EQ(deliver(others.front()).state, SendState::Sent);  // a person's wish does not wait
  expect_sound();
}

}  // namespace
}  // namespace mailkeep::reply
