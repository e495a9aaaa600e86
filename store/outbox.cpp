// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/outbox.h"

#include <fmt/format.h>

#include <utility>

#include "common/encoding.h"
#include "common/fault_point.h"
#include "store/ledger.h"
#include "store/ledger_bytes.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/lookup.h"
#include "store/outbox_rows.h"
#include "store/sql/next_id.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kRandomKeyBytes = 16;

Status insert_submission(Connection& connection, LogAppender& log, const SubmissionFact& fact) {
  MAILKEEP_TRY(position, log.append(EntryKind::Submission, fact.time, fact.content, encode(fact)));
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO submissions (position, outbox_id, account_id, original, digest, size, "
      "envelope_from, recipients, actor, time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {number(position), number(fact.item), number(fact.account), blob(fact.original.view()),
       blob(fact.content.view()), static_cast<std::int64_t>(fact.size),
       std::string(fact.envelope_from), blob(fact.recipients), std::string(fact.actor),
       fact.time}));
  return {};
}

Status insert_item(Connection& connection, const SubmissionFact& fact, const Submission& given) {
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO outbox (id, account_id, state, attempts, next_attempt, detail, changed, owner, "
      "idempotency_key, request_hash) VALUES ($1, $2, 'queued', 0, $3, '', $4, $5, $6, $7)",
      {number(fact.item), number(fact.account), fact.time, fact.time, given.owner,
       given.idempotency_key, blob(given.request_hash.view())}));
  return {};
}

// The condition of a filter, with its parameters appended.
std::string condition_of(const OutboxFilter& filter, bool with_page,
                         std::vector<Value>& parameters) {
  std::string sql = "WHERE 1 = 1";
  const auto add = [&](std::string_view test, Value value) {
    parameters.push_back(std::move(value));
    sql += fmt::format(" AND {} ${}", test, parameters.size());
  };
  if (filter.accounts) {
    std::string ids;
    for (const AccountId id : *filter.accounts)
      ids += fmt::format("{}{}", ids.empty() ? "" : ", ", number(id));
    sql += ids.empty() ? " AND 1 = 0" : fmt::format(" AND o.account_id IN ({})", ids);
  }
  if (filter.state) add("o.state =", std::string(name_of(*filter.state)));
  if (filter.original) add("s.original =", blob(filter.original->view()));
  if (filter.content) add("s.digest =", blob(filter.content->view()));
  if (with_page && filter.before) add("o.id <", number(*filter.before));
  return sql;
}

}  // namespace

std::string Outbox::lease_name(AccountId account) {
  return fmt::format("outbox-{}", number(account));
}

Result<Submitted> Outbox::submit(Submission submission) {
  if (submission.idempotency_key.empty()) {
    submission.idempotency_key = common::to_hex(common::random_bytes(kRandomKeyBytes));
  } else {
    MAILKEEP_TRY(
        known, find_by_key(submission.owner, submission.idempotency_key, submission.request_hash));
    if (known) return Submitted{*std::move(known), false};
  }
  std::vector<Arrival> arrivals(1);
  arrivals.front().body = std::move(submission.body);
  const Body& body = arrivals.front().body;
  const std::string recipients = encode_recipients(submission.recipients);

  // If we die here: nothing is written; whoever asked asks again with the same key.
  MAILKEEP_TRY(bytes, BatchBytes::prepare(archive_.database(), arrivals));
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_PHASE("outbox-submit");
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(bytes.write(connection));
  LogAppender log(connection);
  // Order: the head is locked before the key is looked up, so that two requests with one key see
  // each other, and after the bytes, which take time.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(known, select_by_key(connection, submission.owner, submission.idempotency_key,
                                    submission.request_hash));
  if (known) return Submitted{*std::move(known), false};
  MAILKEEP_TRY(id, next_id<OutboxId>(connection, "outbox"));
  const SubmissionFact fact{id,
                            submission.account,
                            submission.original,
                            body.digest(),
                            body.size(),
                            submission.envelope_from,
                            recipients,
                            submission.actor,
                            archive_.clock().now()};
  MAILKEEP_CHECKED(insert_submission(connection, log, fact));
  MAILKEEP_CHECKED(insert_item(connection, fact, submission));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_PHASE("outbox-commit");
  // If we die here: bytes, submission, entry and item are all there or all missing.
  const Status committed = transaction->commit();
  transaction.reset();
  MAILKEEP_PHASE("outbox-queued");
  // When the commit failed it may have happened all the same (PostgreSQL, line cut): the key tells.
  MAILKEEP_TRY(stored,
               find_by_key(submission.owner, submission.idempotency_key, submission.request_hash));
  if (stored) return Submitted{*std::move(stored), true};
  MAILKEEP_CHECKED(committed);
  return common::fail(ErrorKind::Corrupt,
                      "what was queued is not in the store: run "
                      "`mailkeep verify`");
}

Result<std::optional<OutboxItem>> Outbox::find_by_key(std::string_view owner, std::string_view key,
                                                      const common::Digest& request_hash) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return select_by_key(reading->connection(), owner, key, request_hash);
}

Result<OutboxItem> Outbox::find(OutboxId id) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(item, get_item(reading->connection(), id));
  MAILKEEP_TRY(deliveries, select_deliveries(reading->connection(), id));
  item.deliveries = std::move(deliveries);
  return std::move(item);
}

Result<std::vector<OutboxItem>> Outbox::list(const OutboxFilter& filter) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::vector<Value> parameters;
  std::string rest = condition_of(filter, true, parameters);
  parameters.emplace_back(static_cast<std::int64_t>(filter.limit));
  rest += fmt::format(" ORDER BY o.id DESC LIMIT ${}", parameters.size());
  return select_items(reading->connection(), rest, parameters);
}

Result<std::uint64_t> Outbox::count(const OutboxFilter& filter) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::vector<Value> parameters;
  const std::string rest = condition_of(filter, false, parameters);
  std::uint64_t total = 0;
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT COUNT(*) FROM outbox o JOIN submissions s ON s.outbox_id = o.id " + rest, parameters,
      [&total](const Row& row) {
        total = static_cast<std::uint64_t>(row.integer(0));
        return Status();
      }));
  return total;
}

}  // namespace mailkeep::store
