// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_outcomes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kAttemptRows = 100;  // counted up in one statement

void plan_excluded(const OutcomeHistory& history, const Cursor& cursor, const Outcome& outcome,
                   OutcomePlan& plan) {
  const UidSet vanished = plan.settled.without(plan.excluded);
  UidSet open = outcome.uids.without(cursor.archived).without(vanished);
  plan.excluded.add(open);
  plan.settled.add(open);
  open.remove(history.uids_in(kStateExcluded, outcome.reason));
  if (!open.empty()) plan.news.push_back({outcome.state, outcome.reason, std::move(open), {}});
}

void plan_uids(const OutcomeHistory& history, const Cursor& cursor, const Outcome& outcome,
               OutcomePlan& plan) {
  if (outcome.state == UidState::Excluded) return plan_excluded(history, cursor, outcome, plan);
  UidSet open =
      outcome.uids.without(cursor.archived).without(cursor.excluded).without(plan.settled);
  if (open.empty()) return;
  if (outcome.state == UidState::Failed) {
    plan.failed.add(open);
  } else {
    plan.settled.add(open);
  }
  open.remove(history.uids_in(name_of(outcome.state), outcome.reason));
  if (!open.empty()) plan.news.push_back({outcome.state, outcome.reason, std::move(open), {}});
}

void plan_uidl(const OutcomeHistory& history, const Outcome& outcome, OutcomePlan& plan) {
  if (outcome.state == UidState::Failed) plan.failed_uidls.push_back(outcome.uidl);
  if (!history.uidl_is(outcome.uidl, name_of(outcome.state), outcome.reason))
    plan.news.push_back({outcome.state, outcome.reason, {}, outcome.uidl});
}

struct Attempt {
  Uid uid = 0;
  std::string_view uidl;
};

Status count_up(Connection& connection, EpochId epoch, std::span<const Attempt> attempts,
                common::Micros now) {
  std::string sql = "INSERT INTO attempts (epoch_id, uid, uidl, attempts, last) VALUES ";
  std::vector<Value> parameters;
  for (const Attempt& attempt : attempts) {
    const std::size_t n = parameters.size();
    sql += fmt::format("{}(${}, ${}, ${}, 1, ${})", n == 0 ? "" : ", ", n + 1, n + 2, n + 3, n + 4);
    parameters.insert(parameters.end(),
                      {number(epoch), std::int64_t{attempt.uid}, blob(attempt.uidl), now});
  }
  sql +=
      " ON CONFLICT (epoch_id, uid, uidl) DO UPDATE SET attempts = attempts.attempts + 1, "
      "last = excluded.last";
  MAILKEEP_CHECKED(connection.execute(sql, parameters));
  return {};
}

// One statement must not name a row twice (PostgreSQL refuses it): attempts are distinct.
Status count_failures(Connection& connection, EpochId epoch, const OutcomePlan& plan,
                      common::Micros now) {
  std::vector<Attempt> pending;
  const auto flush = [&]() -> Status {
    if (!pending.empty()) MAILKEEP_CHECKED(count_up(connection, epoch, pending, now));
    pending.clear();
    return {};
  };
  for (const UidSet::Range& range : plan.failed.ranges()) {
    for (std::uint64_t uid = range.first; uid <= range.last; ++uid) {
      pending.push_back({static_cast<Uid>(uid), {}});
      if (pending.size() == kAttemptRows) MAILKEEP_CHECKED(flush());
    }
  }
  const std::set<std::string_view> uidls(plan.failed_uidls.begin(), plan.failed_uidls.end());
  for (const std::string_view uidl : uidls) {
    pending.push_back({0, uidl});
    if (pending.size() == kAttemptRows) MAILKEEP_CHECKED(flush());
  }
  return flush();
}

Result<bool> has_attempts(Connection& connection, EpochId epoch) {
  bool found = false;
  MAILKEEP_CHECKED(connection.query("SELECT 1 FROM attempts WHERE epoch_id = $1 LIMIT 1",
                                    {number(epoch)}, [&](const Row&) {
                                      found = true;
                                      return Status();
                                    }));
  return found;
}

Status forget_settled(Connection& connection, EpochId epoch, const std::vector<Arrival>& arrivals,
                      const OutcomePlan& plan) {
  MAILKEEP_TRY(is_needed, has_attempts(connection, epoch));
  if (!is_needed) return {};
  std::vector<Value> uids;
  std::vector<Value> uidls;
  for (const Arrival& arrival : arrivals) {
    if (arrival.uid != 0) {
      uids.emplace_back(std::int64_t{arrival.uid});
    } else {
      uidls.push_back(blob(arrival.uidl));
    }
  }
  const std::array<Value, 1> fixed = {number(epoch)};
  MAILKEEP_CHECKED(
      execute_for(connection, "DELETE FROM attempts WHERE epoch_id = $1 AND uid IN ", fixed, uids));
  MAILKEEP_CHECKED(execute_for(connection,
                               "DELETE FROM attempts WHERE epoch_id = $1 AND uid = 0 AND uidl IN ",
                               fixed, uidls));
  for (const UidSet::Range& range : plan.settled.ranges())
    MAILKEEP_CHECKED(
        connection.execute("DELETE FROM attempts WHERE epoch_id = $1 AND uid BETWEEN $2 AND $3",
                           {number(epoch), std::int64_t{range.first}, std::int64_t{range.last}}));
  return {};
}

}  // namespace

Result<OutcomeHistory> read_outcomes(Connection& connection, EpochId epoch, const UidSet* among) {
  OutcomeHistory history;
  MAILKEEP_CHECKED(connection.query(
      "SELECT state, reason, uids, uidl FROM outcomes WHERE epoch_id = $1 ORDER BY position",
      {number(epoch)}, [&](const Row& row) -> Status {
        const auto uids = UidSet::from_string(row.text(2));
        if (!uids)
          return common::fail(ErrorKind::Corrupt,
                              "an outcome of epoch {} is damaged: run `mailkeep verify`",
                              number(epoch));
        history.add(row.text(0), row.text(1), among != nullptr ? uids->intersection(*among) : *uids,
                    row.bytes(3));
        return {};
      }));
  return history;
}

Result<OutcomePlan> plan_outcomes(Connection& connection, EpochId epoch, const Cursor& cursor,
                                  const std::vector<Outcome>& outcomes) {
  OutcomePlan plan;
  if (outcomes.empty()) return plan;
  UidSet named;
  for (const Outcome& outcome : outcomes) named.add(outcome.uids);
  MAILKEEP_TRY(history, read_outcomes(connection, epoch, &named));
  for (const Outcome& outcome : outcomes) {
    if (outcome.state == UidState::Reopened) continue;  // has a way of its own
    if (outcome.state == UidState::Excluded) plan.has_excluded = true;
    if (outcome.uidl.empty()) {
      plan_uids(history, cursor, outcome, plan);
    } else {
      plan_uidl(history, outcome, plan);
    }
    history.add(name_of(outcome.state), outcome.reason, outcome.uids, outcome.uidl);
  }
  plan.failed.remove(plan.excluded);
  return plan;
}

Status write_attempts(Connection& connection, EpochId epoch, const std::vector<Arrival>& arrivals,
                      const OutcomePlan& plan, common::Micros now) {
  MAILKEEP_CHECKED(forget_settled(connection, epoch, arrivals, plan));
  return count_failures(connection, epoch, plan, now);
}

Status write_outcomes(Connection& connection, LogAppender& log, EpochId epoch,
                      const OutcomePlan& plan, common::Micros now) {
  constexpr std::array<std::string_view, 7> kColumns = {"position", "epoch_id", "state", "reason",
                                                        "uids",     "uidl",     "time"};
  std::vector<std::vector<Value>> rows;
  for (const Outcome& outcome : plan.news) {
    const std::string uids = outcome.uids.to_string();
    const OutcomeFact fact{epoch, name_of(outcome.state), outcome.reason, uids, outcome.uidl, now};
    MAILKEEP_TRY(position, log.append(EntryKind::Gap, now, std::nullopt, encode(fact)));
    rows.push_back({number(position), number(epoch), std::string(fact.state), outcome.reason, uids,
                    blob(outcome.uidl), now});
  }
  return connection.insert_rows("outcomes", kColumns, rows);
}

}  // namespace mailkeep::store
