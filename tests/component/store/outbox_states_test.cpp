// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <thread>

#include "store/contents.h"
#include "store/lease.h"
#include "store/outbox.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

class OutboxStates : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    anna_ = add_account("anna");
    carl_ = add_account("carl");
  }

  Submission submission(std::string key = {}, std::string bytes = "To: bob\r\n\r\nhello\r\n") {
    Submission made;
    made.account = anna_;
    made.original = common::Sha256::of("original");
    made.body = Body::of(std::move(bytes));
    made.envelope_from = "anna@example.org";
    made.recipients = {"bob@example.org", "eve@example.org"};
    made.actor = "anna";
    made.owner = "anna";
    made.idempotency_key = std::move(key);
    made.request_hash = common::Sha256::of("request");
    return made;
  }

  OutboxId queue() {
    const auto submitted = outbox().submit(submission());
    EXPECT_TRUE(submitted) << "not ok";
    return submitted->item.id;
  }

  SendState state(OutboxId id) {
    const auto item = outbox().find(id);
    EXPECT_TRUE(item) << "not ok";
    return item->state;
  }

  static Delivery delivery(DeliveryState state, std::uint32_t attempt = 0) {
    Delivery made;
    made.state = state;
    made.attempt = attempt;
    made.server = "smtp.example.org:465";
    made.greeting = "220 hello";
    made.detail = "250 ok";
    made.answers = {{"bob@example.org", state == DeliveryState::Sent, 250, "ok"},
                    {"eve@example.org", false, 550, "no"}};
    return made;
  }

  void expect_error(const common::Status& status, ErrorKind kind) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, kind) << status.error().text;
  }

  Outbox outbox() { return Outbox(archive()); }

  AccountId anna_{};
  AccountId carl_{};
};
MAILKEEP_BOTH_ENGINES(OutboxStates);

TEST_P(OutboxStates, KeepsBytesAndEnvelopeOfASubmission) {
  const auto submitted = outbox().submit(submission());
  ASSERT_OK(submitted);
  EXPECT_TRUE(submitted->is_new);
  const auto item = outbox().find(submitted->item.id);
  ASSERT_OK(item);

  EXPECT_EQ(item->state, SendState::Queued);
  EXPECT_EQ(item->account, anna_);
  EXPECT_EQ(item->account_name, "anna");
  EXPECT_EQ(item->recipients, (std::vector<std::string>{"bob@example.org", "eve@example.org"}));
  EXPECT_EQ(item->envelope_from, "anna@example.org");
  EXPECT_EQ(item->original, common::Sha256::of("original"));
  EXPECT_EQ(bytes_of(item->content), "To: bob\r\n\r\nhello\r\n");
  EXPECT_TRUE(item->deliveries.empty());
  expect_sound();
}

TEST_P(OutboxStates, KeepsTheSameBytesOnce) {
  const OutboxId first = queue();
  const OutboxId second = queue();

  EXPECT_NE(first, second);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM contents"), 1);
  expect_sound();
}

TEST_P(OutboxStates, KnowsBytesThatWereFetchedBefore) {
  const Epoch epoch = open(anna_, "Sent");
  seal(batch_of(epoch.id, imap_message(1, "To: bob\r\n\r\nhello\r\n")));
  queue();
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM contents"), 1);
  expect_sound();

  const auto sent = outbox().submit(submission("", "written first\r\n"));
  ASSERT_OK(sent);
  seal(batch_of(epoch.id, imap_message(2, "written first\r\n")));
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM contents"), 2);
  expect_sound();
}

TEST_P(OutboxStates, GivesTheSameItemForTheSameKey) {
  const auto first = outbox().submit(submission("key"));
  const auto second = outbox().submit(submission("key", "composed a minute later\r\n"));
  ASSERT_OK(first);
  ASSERT_OK(second);

  EXPECT_FALSE(second->is_new);
  EXPECT_EQ(second->item.id, first->item.id);
  EXPECT_EQ(second->item.content, first->item.content);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM outbox"), 1);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM contents"), 1);
}

TEST_P(OutboxStates, RefusesAKeyForAnotherRequest) {
  ASSERT_OK(outbox().submit(submission("key")));
  Submission other = submission("key");
  other.request_hash = common::Sha256::of("another");
  const auto refused = outbox().submit(std::move(other));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);

  Submission of_another_owner = submission("key");
  of_another_owner.owner = "carl";
  const auto taken = outbox().submit(std::move(of_another_owner));
  ASSERT_OK(taken);
  EXPECT_TRUE(taken->is_new);
}

TEST_P(OutboxStates, QueuesOnceWhenManyAskWithOneKey) {
  constexpr int kThreads = 6;
  std::vector<std::jthread> threads;
  std::vector<std::int64_t> ids(kThreads, 0);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto submitted = outbox().submit(submission("key", std::to_string(i) + "\r\n"));
      if (submitted) ids[static_cast<std::size_t>(i)] = number(submitted->item.id);
    });
  }
  threads.clear();

  EXPECT_EQ(ids, std::vector<std::int64_t>(kThreads, 1));
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM submissions"), 1);
  expect_sound();
}

TEST_P(OutboxStates, TellsWhatEachAttemptCameTo) {
  const OutboxId id = queue();
  ASSERT_OK(outbox().finish(id, delivery(DeliveryState::Deferred), 77));
  auto item = outbox().find(id);
  ASSERT_OK(item);
  EXPECT_EQ(item->state, SendState::Queued);
  EXPECT_EQ(item->next_attempt, 77);
  EXPECT_EQ(item->attempts, 1U);

  const auto attempt = outbox().mark_sending(id);
  ASSERT_OK(attempt);
  EXPECT_EQ(*attempt, 2U);
  EXPECT_EQ(state(id), SendState::Sending);
  expect_sound();
  ASSERT_OK(outbox().finish(id, delivery(DeliveryState::Sent, *attempt)));
  item = outbox().find(id);
  ASSERT_OK(item);
  EXPECT_EQ(item->state, SendState::Sent);
  ASSERT_EQ(item->deliveries.size(), 2U);
  EXPECT_EQ(item->deliveries[0].state, DeliveryState::Deferred);
  EXPECT_EQ(item->deliveries[0].attempt, 1U);
  EXPECT_EQ(item->deliveries[1].attempt, 2U);
  EXPECT_EQ(item->deliveries[1].greeting, "220 hello");
  EXPECT_EQ(item->deliveries[1].server, "smtp.example.org:465");
  ASSERT_EQ(item->deliveries[1].answers.size(), 2U);
  EXPECT_TRUE(item->deliveries[1].answers[0].is_accepted);
  EXPECT_EQ(item->deliveries[1].answers[1].code, 550U);
  EXPECT_EQ(item->deliveries[1].answers[1].text, "no");
  expect_sound();
}

TEST_P(OutboxStates, GivesUpWhatADeadProcessLeft) {
  const OutboxId left = queue();
  const OutboxId waiting = queue();
  ASSERT_OK(outbox().mark_sending(left));
  const auto given_up = outbox().give_up_unknown(anna_);
  ASSERT_OK(given_up);

  EXPECT_EQ(*given_up, 1U);
  EXPECT_EQ(state(left), SendState::Unknown);
  EXPECT_EQ(state(waiting), SendState::Queued);
  const auto due = outbox().due(anna_, clock_.time, 10);
  ASSERT_OK(due);
  EXPECT_EQ(*due, std::vector<OutboxId>{waiting});  // the unknown one is not sent again by itself
  expect_sound();
}

TEST_P(OutboxStates, RecordsAnAnswerThatComesLate) {
  const OutboxId id = queue();
  const auto attempt = outbox().mark_sending(id);
  ASSERT_OK(attempt);
  ASSERT_OK(outbox().give_up_unknown(anna_));
  ASSERT_OK(outbox().resend(id, "anna"));
  ASSERT_OK(outbox().finish(id, delivery(DeliveryState::Sent, *attempt)));
  EXPECT_EQ(state(id), SendState::Sent);  // and so it is not sent again

  expect_error(outbox().finish(id, delivery(DeliveryState::Failed, *attempt)), ErrorKind::Conflict);
  const OutboxId other = queue();
  ASSERT_OK(outbox().mark_sending(other));
  ASSERT_OK(outbox().give_up_unknown(anna_));
  ASSERT_OK(outbox().resend(other, "anna"));
  ASSERT_OK(outbox().mark_sending(other));
  expect_error(outbox().finish(other, delivery(DeliveryState::Sent, 1)), ErrorKind::Conflict);
  expect_sound();
}

TEST_P(OutboxStates, SendsAgainOnlyWhatFailedOrIsUnknown) {
  const OutboxId id = queue();
  expect_error(outbox().resend(id, "anna"), ErrorKind::Conflict);
  ASSERT_OK(outbox().finish(id, delivery(DeliveryState::Failed)));
  expect_error(outbox().finish(id, delivery(DeliveryState::Sent)), ErrorKind::Conflict);
  EXPECT_FALSE(outbox().mark_sending(id));
  ASSERT_OK(outbox().resend(id, "carl"));
  EXPECT_EQ(state(id), SendState::Queued);
  const auto item = outbox().find(id);
  ASSERT_OK(item);
  EXPECT_EQ(item->deliveries.back().state, DeliveryState::Resend);
  EXPECT_NE(item->deliveries.back().detail.find("carl"), std::string::npos);
  ASSERT_OK(outbox().mark_sending(id));
  ASSERT_OK(outbox().finish(id, delivery(DeliveryState::Sent, 2)));
  expect_error(outbox().resend(id, "anna"), ErrorKind::Conflict);
  expect_sound();
}

TEST_P(OutboxStates, CancelsOnlyWhatIsQueued) {
  const OutboxId id = queue();
  ASSERT_OK(outbox().cancel(id, "anna"));
  EXPECT_EQ(state(id), SendState::Cancelled);
  EXPECT_FALSE(outbox().mark_sending(id));
  expect_error(outbox().cancel(id, "anna"), ErrorKind::Conflict);
  const OutboxId other = queue();
  ASSERT_OK(outbox().mark_sending(other));
  expect_error(outbox().cancel(other, "anna"), ErrorKind::Conflict);
  expect_error(outbox().cancel(OutboxId{99}, "anna"), ErrorKind::NotFound);
  expect_sound();
}

TEST_P(OutboxStates, FindsWhatIsDue) {
  const OutboxId now = queue();
  const OutboxId later = queue();
  ASSERT_OK(outbox().postpone(later, clock_.time + 10, "waits"));
  auto due = outbox().due(anna_, clock_.time, 10);
  ASSERT_OK(due);
  EXPECT_EQ(*due, std::vector<OutboxId>{now});
  due = outbox().due(anna_, clock_.time + 10, 10);
  ASSERT_OK(due);
  EXPECT_EQ(*due, (std::vector<OutboxId>{now, later}));
  due = outbox().due(carl_, clock_.time + 10, 10);
  ASSERT_OK(due);
  EXPECT_TRUE(due->empty());
  ASSERT_OK(outbox().cancel(now, "anna"));
  auto accounts = outbox().accounts_with_work(clock_.time);
  ASSERT_OK(accounts);
  EXPECT_TRUE(accounts->empty());
  accounts = outbox().accounts_with_work(clock_.time + 10);
  ASSERT_OK(accounts);
  EXPECT_EQ(*accounts, std::vector<AccountId>{anna_});
  expect_error(outbox().postpone(now, 1, "cancelled before"), ErrorKind::Conflict);
}

TEST_P(OutboxStates, FindsWhatAClockThatWentAheadHasPutOff) {
  const common::Micros now = clock_.time;
  clock_.time += 365LL * 24 * 3600 * 1'000'000;
  const OutboxId submitted = queue();
  const OutboxId deferred = queue();
  ASSERT_OK(outbox().finish(deferred, delivery(DeliveryState::Deferred), clock_.time + 60'000'000));
  clock_.time = now;
  EXPECT_EQ(outbox().accounts_with_work(now), std::vector{anna_});
  EXPECT_EQ(outbox().due(anna_, now, 10), (std::vector{submitted, deferred}));
  ASSERT_OK(outbox().postpone(submitted, now + 60'000'000, "waits"));
  EXPECT_EQ(outbox().due(anna_, now, 10), std::vector{deferred});
}

TEST_P(OutboxStates, ListsInPages) {
  for (int i = 0; i < 5; ++i) queue();
  ASSERT_OK(outbox().cancel(OutboxId{2}, "anna"));
  OutboxFilter filter;
  filter.limit = 2;
  auto page = outbox().list(filter);
  ASSERT_OK(page);
  ASSERT_EQ(page->size(), 2U);
  EXPECT_EQ((*page)[0].id, OutboxId{5});
  filter.before = (*page)[1].id;
  page = outbox().list(filter);
  ASSERT_OK(page);
  EXPECT_EQ((*page)[0].id, OutboxId{3});
  filter = {};
  filter.state = SendState::Cancelled;
  page = outbox().list(filter);
  ASSERT_OK(page);
  EXPECT_EQ(page->size(), 1U);
  EXPECT_EQ(outbox().count(filter).value(), 1U);
  filter = {};
  filter.accounts = {carl_};
  EXPECT_EQ(outbox().count(filter).value(), 0U);
  filter.accounts = std::vector<AccountId>();
  EXPECT_EQ(outbox().count(filter).value(), 0U);
  filter.accounts = {anna_, carl_};
  filter.original = common::Sha256::of("original");
  EXPECT_EQ(outbox().count(filter).value(), 5U);
  filter.content = common::Sha256::of("another");
  EXPECT_EQ(outbox().count(filter).value(), 0U);
}

TEST_P(OutboxStates, CountsRecipientsForTheBudget) {
  const OutboxId sent = queue();
  ASSERT_OK(outbox().mark_sending(sent));
  ASSERT_OK(outbox().finish(sent, delivery(DeliveryState::Sent, 1)));
  clock_.time += 100;
  const OutboxId unknown = queue();
  ASSERT_OK(outbox().mark_sending(unknown));
  ASSERT_OK(outbox().give_up_unknown(anna_));
  ASSERT_OK(outbox().finish(queue(), delivery(DeliveryState::Failed)));
  const auto counts = outbox().sent_since(anna_, clock_.time - 100);
  ASSERT_OK(counts);

  ASSERT_EQ(counts->size(), 2U);
  EXPECT_EQ((*counts)[0].recipients, 1U);  // one of the two was accepted
  EXPECT_EQ((*counts)[1].recipients, 2U);  // whom it reached is not known
  EXPECT_EQ(outbox().sent_since(anna_, clock_.time)->size(), 1U);
  EXPECT_TRUE(outbox().sent_since(carl_, 0)->empty());
}

}  // namespace
}  // namespace mailkeep::store
