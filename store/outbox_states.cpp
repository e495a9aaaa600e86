// SPDX-License-Identifier: GPL-3.0-or-later
// How items of the outbox go from state to state.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "common/fault_point.h"
#include "common/printable.h"
#include "store/log/appender.h"
#include "store/outbox.h"
#include "store/outbox_rows.h"
#include "store/sql/database.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::fail;
using common::Micros;
using common::Result;
using common::Status;

namespace {

constexpr std::string_view kDied =
    "the sending process ended before the server's answer was recorded: the server may have the "
    "message";

// What was put off later than now was put off by a clock that has been turned back since: its
// time may be years away. Less than this is how far the clocks of two hosts may stand apart.
constexpr Micros kClockSlack = 300'000'000;

tl::unexpected<common::Error> wrong_state(const OutboxItem& item, std::string_view wish) {
  return fail(ErrorKind::Conflict, "item {} of the outbox is {} and cannot be {}", number(item.id),
              name_of(item.state), wish);
}

// Makes a delivery of the item as it stands under the log's lock. Its error ends the transaction.
using MakeDelivery = std::function<Result<Delivery>(const OutboxItem& item)>;

Status change_item(Archive& archive, OutboxId id, Micros next_attempt, const MakeDelivery& make) {
  MAILKEEP_TRY(transaction, archive.database().begin_write());
  LogAppender log(transaction->connection());
  // Order: the head is locked before the item is read: each sees what the other has decided.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(item, get_item(transaction->connection(), id));
  MAILKEEP_TRY(delivery, make(item));
  delivery.time = archive.clock().now();
  MAILKEEP_CHECKED(record_delivery(transaction->connection(), log, item, delivery, next_attempt));
  MAILKEEP_CHECKED(log.finish());
  // If we die here: an item that was Sending stays so and becomes Unknown; it is not sent again.
  return transaction->commit();
}

Delivery act(const OutboxItem& item, DeliveryState state, std::string_view what,
             std::string_view actor) {
  Delivery delivery;
  delivery.state = state;
  delivery.attempt = item.attempts;
  delivery.detail = fmt::format("{} by {}", what, common::printable(actor));
  return delivery;
}

}  // namespace

Result<std::vector<AccountId>> Outbox::accounts_with_work(Micros now) {
  std::vector<AccountId> accounts;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT DISTINCT account_id FROM outbox WHERE state = 'sending' OR "
      "(state = 'queued' AND (next_attempt <= $1 OR changed > $2)) ORDER BY account_id",
      {now, now + kClockSlack}, [&](const Row& row) {
        accounts.push_back(AccountId{row.integer(0)});
        return Status();
      }));
  return accounts;
}

Result<std::vector<OutboxId>> Outbox::due(AccountId account, Micros now, std::size_t limit) {
  std::vector<OutboxId> ids;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT id FROM outbox WHERE state = 'queued' AND account_id = $1 AND "
      "(next_attempt <= $2 OR changed > $3) ORDER BY id LIMIT $4",
      {number(account), now, now + kClockSlack, static_cast<std::int64_t>(limit)},
      [&](const Row& row) {
        ids.push_back(OutboxId{row.integer(0)});
        return Status();
      }));
  return ids;
}

Result<std::uint64_t> Outbox::give_up_unknown(AccountId account) {
  std::vector<OutboxId> left;
  {
    MAILKEEP_TRY(reading, archive_.database().begin_read());
    MAILKEEP_CHECKED(reading->connection().query(
        "SELECT id FROM outbox WHERE state = 'sending' AND account_id = $1 ORDER BY id",
        {number(account)}, [&](const Row& row) {
          left.push_back(OutboxId{row.integer(0)});
          return Status();
        }));
  }
  for (const OutboxId id : left) {
    MAILKEEP_CHECKED(change_item(archive_, id, 0, [](const OutboxItem& item) -> Result<Delivery> {
      if (item.state != SendState::Sending) return wrong_state(item, "given up");
      Delivery delivery;
      delivery.state = DeliveryState::Unknown;
      delivery.attempt = item.attempts;
      delivery.detail = kDied;
      for (const std::string& recipient : item.recipients)
        delivery.answers.push_back({recipient, false, 0, ""});
      return delivery;
    }));
  }
  return left.size();
}

Result<std::uint32_t> Outbox::mark_sending(OutboxId id) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(changed,
               connection.execute(
                   "UPDATE outbox SET state = 'sending', attempts = attempts + 1, changed = $1, "
                   "detail = '' WHERE id = $2 AND state = 'queued'",
                   {archive_.clock().now(), number(id)}));
  if (changed != 1)
    return fail(ErrorKind::Conflict, "item {} of the outbox is not queued any more", number(id));
  MAILKEEP_TRY(item, get_item(connection, id));
  MAILKEEP_CHECKED(transaction->commit());
  return item.attempts;
}

Status Outbox::finish(OutboxId id, const Delivery& delivery, Micros next_attempt) {
  return change_item(archive_, id, next_attempt, [&](const OutboxItem& item) -> Result<Delivery> {
    const bool fits = delivery.attempt == 0
                          ? item.state == SendState::Queued
                          : delivery.attempt == item.attempts && item.state != SendState::Sent;
    if (!fits) return wrong_state(item, "finished");
    Delivery made = delivery;
    if (made.attempt == 0) made.attempt = item.attempts + 1;
    return made;
  });
}

Status Outbox::postpone(OutboxId id, Micros until, std::string_view why) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_TRY(changed, transaction->connection().execute(
                            "UPDATE outbox SET next_attempt = $1, detail = $2, changed = $3 "
                            "WHERE id = $4 AND state = 'queued'",
                            {until, common::printable(why), archive_.clock().now(), number(id)}));
  if (changed != 1)
    return fail(ErrorKind::Conflict, "item {} of the outbox is not queued any more", number(id));
  return transaction->commit();
}

Status Outbox::resend(OutboxId id, std::string_view actor) {
  const Micros now = archive_.clock().now();
  return change_item(archive_, id, now, [&](const OutboxItem& item) -> Result<Delivery> {
    if (item.state != SendState::Failed && item.state != SendState::Unknown)
      return wrong_state(item, "sent again");
    return act(item, DeliveryState::Resend, "to be sent again, as asked", actor);
  });
}

Status Outbox::cancel(OutboxId id, std::string_view actor) {
  return change_item(archive_, id, 0, [&](const OutboxItem& item) -> Result<Delivery> {
    if (item.state != SendState::Queued) return wrong_state(item, "cancelled");
    return act(item, DeliveryState::Cancelled, "cancelled", actor);
  });
}

Result<std::vector<SentCount>> Outbox::sent_since(AccountId account, Micros since) {
  std::vector<SentCount> counts;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT d.time, d.state, d.answers FROM deliveries d "
      "JOIN submissions s ON s.outbox_id = d.outbox_id "
      "WHERE s.account_id = $1 AND d.time >= $2 AND d.state IN ('sent', 'unknown') "
      "ORDER BY d.time, d.position",
      {number(account), since}, [&](const Row& row) {
        Delivery delivery;
        const bool is_unknown = row.text(1) == name_of(DeliveryState::Unknown);
        if (!decode_answers(row.bytes(2), delivery)) return Status();  // verify names it
        const auto count =
            std::count_if(delivery.answers.begin(), delivery.answers.end(),
                          [&](const auto& answer) { return is_unknown || answer.is_accepted; });
        counts.push_back({row.integer(0), static_cast<std::uint64_t>(count)});
        return Status();
      }));
  return counts;
}

}  // namespace mailkeep::store
