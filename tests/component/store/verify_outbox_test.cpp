// SPDX-License-Identifier: GPL-3.0-or-later
// What was sent is evidence: an edit, a removal and an addition in each of its tables is named.
//
//   21  submission  item 1, "written"      24  submission  item 2, the bytes of "one"
//   22  delivery    item 1 deferred        25  delivery    item 2 cancelled
//   23  delivery    item 1 sent            26  submission  item 3, "waiting": queued
#include <gtest/gtest.h>

#include <set>

#include "common/encoding.h"
#include "store/outbox.h"
#include "tests/component/store/verify_fixture.h"

namespace mailkeep::store {
namespace {

class VerifyOutbox : public VerifyFixture {
 protected:
  void SetUp() override {
    VerifyFixture::SetUp();
    written_id_ = common::Sha256::of("written\r\n").hex();
    Outbox outbox(archive());
    const OutboxId first = submit("written\r\n");
    Delivery delivery;
    delivery.server = "smtp.example.org:465";
    delivery.answers = {{"bob@example.org", false, 450, "later"}};
    delivery.detail = "later";
    ASSERT_OK(outbox.finish(first, delivery, 5));
    ASSERT_OK(outbox.mark_sending(first));
    delivery.state = DeliveryState::Sent;
    delivery.attempt = 2;
    delivery.answers = {{"bob@example.org", true, 250, "ok"}};
    ASSERT_OK(outbox.finish(first, delivery));
    const OutboxId second = submit("one");
    ASSERT_OK(outbox.cancel(second, "anna"));
    submit("waiting\r\n");
    ASSERT_EQ(number_of("SELECT size FROM log_head"), 27);
    keep_tables();
    expect_sound();
  }

  OutboxId submit(std::string bytes) {
    Submission submission;
    submission.account = AccountId{1};
    submission.original = common::Sha256::of("one");
    submission.body = Body::of(std::move(bytes));
    submission.envelope_from = "anna@example.org";
    submission.recipients = {"bob@example.org"};
    submission.actor = "anna";
    submission.owner = "anna";
    const auto submitted = Outbox(archive()).submit(std::move(submission));
    EXPECT_TRUE(submitted) << "not ok";
    return submitted->item.id;
  }

  std::string written_id_;
};
MAILKEEP_BOTH_ENGINES(VerifyOutbox);

std::vector<Edit> edits() {
  return {
      {"submissions", "position", "99", "position = 21", "submission-missing", "21"},
      {"submissions", "position", "99", "position = 21", "submission-unlogged", "99"},
      {"submissions", "outbox_id", "9", "position = 21", "submission-altered", "21"},
      {"submissions", "outbox_id", "9", "position = 21", "outbox-unlogged", "1"},
      {"submissions", "outbox_id", "9", "position = 21", "outbox-missing", "9"},
      {"submissions", "account_id", "2", "position = 21", "submission-altered", "21"},
      {"submissions", "original", "$1", "position = 21", "submission-altered", "21"},
      {"submissions", "digest", "$1", "position = 21", "submission-altered", "21"},
      {"submissions", "size", "4", "position = 21", "submission-altered", "21"},
      {"submissions", "envelope_from", "'eve@example.org'", "position = 21", "submission-altered",
       "21"},
      {"submissions", "recipients", "$1", "position = 21", "submission-altered", "21"},
      {"submissions", "actor", "'eve'", "position = 21", "submission-altered", "21"},
      {"submissions", "time", "time + 1", "position = 21", "submission-altered", "21"},

      {"deliveries", "position", "99", "position = 22", "delivery-missing", "22"},
      {"deliveries", "position", "99", "position = 22", "delivery-unlogged", "99"},
      {"deliveries", "outbox_id", "2", "position = 22", "delivery-altered", "22"},
      {"deliveries", "attempt", "7", "position = 22", "delivery-altered", "22"},
      {"deliveries", "attempt", "4294967297", "position = 22", "delivery-altered", "22"},
      {"deliveries", "state", "'failed'", "position = 23", "delivery-altered", "23"},
      {"deliveries", "state", "'failed'", "position = 23", "outbox-altered", "1"},
      {"deliveries", "server", "'evil.example:465'", "position = 22", "delivery-altered", "22"},
      {"deliveries", "answers", "$1", "position = 22", "delivery-altered", "22"},
      {"deliveries", "time", "time + 1", "position = 22", "delivery-altered", "22"},

      {"outbox", "id", "9", "id = 1", "outbox-missing", "1"},
      {"outbox", "id", "9", "id = 1", "outbox-unlogged", "9"},
      {"outbox", "account_id", "2", "id = 1", "outbox-altered", "1"},
      {"outbox", "state", "'queued'", "id = 1", "outbox-altered", "1"},
      {"outbox", "state", "'sending'", "id = 1", "outbox-altered", "1"},
      {"outbox", "state", "'nonsense'", "id = 1", "outbox-altered", "1"},
      {"outbox", "state", "'queued'", "id = 2", "outbox-altered", "2"},
      {"outbox", "state", "'sent'", "id = 3", "outbox-altered", "3"},
      {"outbox", "state", "'sending'", "id = 3", "outbox-altered", "3"},
      {"outbox", "attempts", "7", "id = 1", "outbox-altered", "1"},
  };
}

TEST_P(VerifyOutbox, NamesAnEditInEveryColumn) {
  for (const Edit& edit : edits()) expect_named(edit);
  expect_sound();
}

TEST_P(VerifyOutbox, HasAnEditForEveryColumnThatIsNotWorkingState) {
  std::set<std::string> wanted = columns_of_all(kOutboxTables);
  for (const char* working :
       {"next_attempt", "detail", "changed", "owner", "idempotency_key", "request_hash"})
    ASSERT_EQ(wanted.erase(std::string("outbox.") + working), 1U) << working;
  const std::set<std::string> edited = columns_in(edits());

  EXPECT_EQ(edited, wanted);
}

TEST_P(VerifyOutbox, NamesRowsThatAreDeleted) {
  for (const int position : {21, 24, 26})
    expect_named(fmt::format("DELETE FROM submissions WHERE position = {}", position), {},
                 "submission-missing", std::to_string(position));
  for (const int position : {22, 23, 25})
    expect_named(fmt::format("DELETE FROM deliveries WHERE position = {}", position), {},
                 "delivery-missing", std::to_string(position));
  expect_named("DELETE FROM outbox WHERE id = 2", {}, "outbox-missing", "2");
  expect_named("DELETE FROM log_entries WHERE position = 21", {}, "submission-unlogged", "21");
  expect_named("DELETE FROM log_entries WHERE position = 23", {}, "delivery-unlogged", "23");
  expect_named("DELETE FROM submissions WHERE position = 21", {}, "content-unlogged", written_id_);
  expect_named("DELETE FROM contents WHERE digest = $1", {Blob{*common::from_hex(written_id_)}},
               "content-missing", written_id_);
  expect_named("UPDATE contents SET size = 4 WHERE digest = $1",
               {Blob{*common::from_hex(written_id_)}}, "content-altered", written_id_);
  expect_sound();
}

TEST_P(VerifyOutbox, NamesRowsThatWereAdded) {
  expect_named(
      "INSERT INTO submissions SELECT 27, 9, account_id, original, digest, size, envelope_from, "
      "recipients, actor, time FROM submissions WHERE position = 21",
      {}, "submission-unlogged", "27");
  expect_named(
      "INSERT INTO deliveries SELECT 27, 3, 1, 'sent', server, answers, time FROM deliveries "
      "WHERE position = 23",
      {}, "delivery-unlogged", "27");
  expect_named(
      "INSERT INTO outbox SELECT 9, account_id, state, attempts, 0, '', 0, owner, 'other', "
      "request_hash FROM outbox WHERE id = 3",
      {}, "outbox-unlogged", "9");
  expect_sound();
}

TEST_P(VerifyOutbox, LeavesWorkingStateAlone) {
  change("UPDATE outbox SET next_attempt = 1, detail = 'other', changed = 1, owner = 'x'");
  // A process died while it was sending: no fact yet, and no fault.
  change("UPDATE outbox SET state = 'sending', attempts = 1 WHERE id = 3");
  expect_sound();
}

TEST_P(VerifyOutbox, NamesValuesOfAnotherType) {
  if (!is_sqlite()) return;  // PostgreSQL itself refuses them
  change("UPDATE submissions SET actor = x'61ff' WHERE position = 21");
  expect_fault("value-malformed", "21");
  change("UPDATE deliveries SET answers = 'text' WHERE position = 22");
  expect_fault("value-malformed", "22");
  change("UPDATE outbox SET state = x'61' WHERE id = 1");
  expect_fault("value-malformed", "1");
}

}  // namespace
}  // namespace mailkeep::store
