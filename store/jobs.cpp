// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/jobs.h"

#include <fmt/format.h>

#include <limits>

#include "common/check.h"
#include "store/enum_words.h"
#include "store/lookup.h"
#include "store/sql/database.h"
#include "store/sql/next_id.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr EnumWords<JobKind, 2> kKinds = {{
    {JobKind::Fetch, "fetch"},
    {JobKind::AccountTest, "account-test"},
}};
constexpr EnumWords<JobState, 5> kStates = {{
    {JobState::Queued, "queued"},
    {JobState::Running, "running"},
    {JobState::Done, "done"},
    {JobState::Failed, "failed"},
    {JobState::Cancelled, "cancelled"},
}};

constexpr std::string_view kSelect =
    "SELECT id, kind, state, account_id, actor, created, started, finished, progress, result, "
    "error, cancel_asked FROM jobs";

std::optional<common::Micros> time_or_none(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

Result<Job> read_job(const Row& row) {
  MAILKEEP_TRY(kind, enum_in_row(kKinds, row.text(1), "jobs"));
  MAILKEEP_TRY(state, enum_in_row(kStates, row.text(2), "jobs"));
  Job job;
  job.id = JobId(row.integer(0));
  job.kind = kind;
  job.state = state;
  if (!row.is_null(3)) job.account = AccountId(row.integer(3));
  job.actor = row.text(4);
  job.created = row.integer(5);
  job.started = time_or_none(row, 6);
  job.finished = time_or_none(row, 7);
  job.progress = row.text(8);
  job.result = row.text(9);
  job.error = row.text(10);
  job.cancel_asked = row.integer(11) != 0;
  return job;
}

Result<std::vector<Job>> select_jobs(Connection& connection, std::string_view rest,
                                     std::span<const Value> parameters) {
  std::vector<Job> jobs;
  MAILKEEP_CHECKED(connection.query(fmt::format("{} {}", kSelect, rest), parameters,
                                    [&jobs](const Row& row) -> Status {
                                      MAILKEEP_TRY(job, read_job(row));
                                      jobs.push_back(std::move(job));
                                      return {};
                                    }));
  return jobs;
}

Result<Job> get_job(Connection& connection, JobId id) {
  const Value key = number(id);
  MAILKEEP_TRY(found, select_jobs(connection, "WHERE id = $1 LIMIT 1", {&key, 1}));
  if (found.empty()) return fail(ErrorKind::NotFound, "there is no job {}", number(id));
  return std::move(found.front());
}

Value account_value(std::optional<AccountId> account) {
  if (!account) return {};
  return number(*account);
}

// Whoever adds jobs, or looks for one that is not there, comes one by one: on SQLite there is one
// writer anyway, on PostgreSQL the row of the schema's version serves as the lock.
Status lock_jobs(Connection& connection) {
  MAILKEEP_CHECKED(connection.execute("UPDATE meta SET value = value WHERE name = 'schema'"));
  return {};
}

Result<std::optional<Job>> find_queued(Connection& connection, JobKind kind,
                                       std::optional<AccountId> account) {
  if (!account) return std::nullopt;
  const std::vector<Value> keys = {std::string(name_of(kind)), number(*account)};
  MAILKEEP_TRY(found, select_jobs(connection,
                                  "WHERE state = 'queued' AND kind = $1 AND account_id = $2 "
                                  "ORDER BY id LIMIT 1",
                                  keys));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

struct Filter {
  std::string where;
  std::vector<Value> parameters;
};

// Nothing if no job can fit.
std::optional<Filter> filter_for(const JobQuery& query) {
  Filter filter{"WHERE 1 = 1", {}};
  const auto add = [&filter](std::string_view condition, Value value) {
    filter.parameters.push_back(std::move(value));
    filter.where += fmt::format(" AND {} ${}", condition, filter.parameters.size());
  };
  if (query.state) add("state =", std::string(name_of(*query.state)));
  if (!query.accounts) return filter;
  if (query.accounts->empty()) return std::nullopt;
  std::string ids;  // our own numbers
  for (const AccountId id : *query.accounts)
    ids += fmt::format("{}{}", ids.empty() ? "" : ", ", number(id));
  filter.where += fmt::format(" AND account_id IN ({})", ids);
  return filter;
}

Status refuse_unless_running(std::int64_t changed, JobId id) {
  if (changed == 1) return {};
  return fail(ErrorKind::Conflict, "the job {} is not running any more", number(id));
}

}  // namespace

Result<AddedJob> Jobs::add(JobKind kind, std::optional<AccountId> account, std::string_view actor) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  // Order: the lock before the look, so that two who ask at once get the same job.
  MAILKEEP_CHECKED(lock_jobs(connection));
  MAILKEEP_TRY(queued, find_queued(connection, kind, account));
  if (queued) return AddedJob{std::move(*queued), false};
  Job job;
  MAILKEEP_TRY(id, next_id<JobId>(connection, "jobs"));
  job.id = id;
  job.kind = kind;
  job.account = account;
  job.actor = actor;
  job.created = archive_.clock().now();
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO jobs (id, kind, state, account_id, actor, created, progress, result, error, "
      "cancel_asked) VALUES ($1, $2, 'queued', $3, $4, $5, '', '', '', 0)",
      {number(job.id), std::string(name_of(kind)), account_value(account), job.actor,
       job.created}));
  MAILKEEP_CHECKED(transaction->commit());
  return AddedJob{std::move(job), true};
}

Result<Job> Jobs::find(JobId id) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return get_job(reading->connection(), id);
}

Result<std::vector<Job>> Jobs::list(const JobQuery& query) {
  auto filter = filter_for(query);
  if (!filter) return std::vector<Job>();
  filter->parameters.emplace_back(query.before ? number(*query.before)
                                               : std::numeric_limits<std::int64_t>::max());
  filter->parameters.emplace_back(static_cast<std::int64_t>(query.limit));
  const std::size_t last = filter->parameters.size();
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return select_jobs(
      reading->connection(),
      fmt::format("{} AND id < ${} ORDER BY id DESC LIMIT ${}", filter->where, last - 1, last),
      filter->parameters);
}

Result<std::uint64_t> Jobs::count(const JobQuery& query) {
  const auto filter = filter_for(query);
  std::uint64_t count = 0;
  if (!filter) return count;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(
      reading->connection().query(fmt::format("SELECT count(*) FROM jobs {}", filter->where),
                                  filter->parameters, [&count](const Row& row) {
                                    count = static_cast<std::uint64_t>(row.integer(0));
                                    return Status();
                                  }));
  return count;
}

Result<std::optional<Job>> Jobs::claim_next(std::span<const JobKind> kinds) {
  std::string words;
  for (const JobKind kind : kinds)
    words += fmt::format("{}'{}'", words.empty() ? "" : ", ", name_of(kind));
  MAILKEEP_CHECK(!words.empty());
  {
    // Whoever polls finds nothing most of the time: that costs no writer's turn.
    MAILKEEP_TRY(queued, count({JobState::Queued, {}, {}, 1}));
    if (queued == 0) return std::nullopt;
  }
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(lock_jobs(connection));
  MAILKEEP_TRY(found, select_jobs(connection,
                                  fmt::format("WHERE state = 'queued' AND kind IN ({}) "
                                              "ORDER BY id LIMIT 1",
                                              words),
                                  {}));
  if (found.empty()) return std::nullopt;
  Job job = std::move(found.front());
  job.state = JobState::Running;
  job.started = archive_.clock().now();
  MAILKEEP_TRY(changed, connection.execute("UPDATE jobs SET state = 'running', started = $1 "
                                           "WHERE id = $2 AND state = 'queued'",
                                           {*job.started, number(job.id)}));
  if (changed == 0) return std::nullopt;  // cancelled at this moment: the caller asks again
  MAILKEEP_CHECKED(transaction->commit());
  return job;
}

Result<bool> Jobs::set_progress(JobId id, std::string_view json) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(changed, connection.execute(
                            "UPDATE jobs SET progress = $1 WHERE id = $2 AND state = 'running'",
                            {std::string(json), number(id)}));
  MAILKEEP_CHECKED(refuse_unless_running(changed, id));
  MAILKEEP_TRY(job, get_job(connection, id));
  MAILKEEP_CHECKED(transaction->commit());
  return job.cancel_asked;
}

Status Jobs::finish(JobId id, JobState state, std::string_view result_json,
                    std::string_view error) {
  MAILKEEP_CHECK(state == JobState::Done || state == JobState::Failed ||
                 state == JobState::Cancelled);
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  MAILKEEP_TRY(changed, transaction->connection().execute(
                            "UPDATE jobs SET state = $1, finished = $2, result = $3, error = $4 "
                            "WHERE id = $5 AND state = 'running'",
                            {std::string(name_of(state)), archive_.clock().now(),
                             std::string(result_json), std::string(error), number(id)}));
  MAILKEEP_CHECKED(refuse_unless_running(changed, id));
  return transaction->commit();
}

Result<Job> Jobs::ask_cancel(JobId id) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  // Order: the update takes the row's lock, so that a claimer at the same moment comes before or
  // after, and the second update sees which.
  MAILKEEP_CHECKED(connection.execute(
      "UPDATE jobs SET cancel_asked = 1 WHERE id = $1 AND state IN ('queued', 'running')",
      {number(id)}));
  MAILKEEP_CHECKED(connection.execute(
      "UPDATE jobs SET state = 'cancelled', finished = $1 WHERE id = $2 AND state = 'queued'",
      {archive_.clock().now(), number(id)}));
  MAILKEEP_TRY(job, get_job(connection, id));
  MAILKEEP_CHECKED(transaction->commit());
  return job;
}

Result<std::int64_t> Jobs::give_back_orphans() {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(ended, connection.execute("UPDATE jobs SET state = 'cancelled', finished = $1 "
                                         "WHERE state = 'running' AND cancel_asked = 1",
                                         {archive_.clock().now()}));
  MAILKEEP_TRY(queued, connection.execute("UPDATE jobs SET state = 'queued', started = NULL, "
                                          "progress = '' WHERE state = 'running'"));
  MAILKEEP_CHECKED(transaction->commit());
  return ended + queued;
}

std::string_view name_of(JobKind kind) { return word_for(kKinds, kind); }
std::string_view name_of(JobState state) { return word_for(kStates, state); }
std::optional<JobKind> job_kind_from(std::string_view name) { return enum_from(kKinds, name); }
std::optional<JobState> job_state_from(std::string_view name) { return enum_from(kStates, name); }

}  // namespace mailkeep::store
