// SPDX-License-Identifier: GPL-3.0-or-later
// Excluded UIDs, and how they come back when the account's rules are others.
#include "store/ledger.h"
#include "store/ledger_epochs.h"
#include "store/ledger_outcomes.h"
#include "store/ledger_segments.h"
#include "store/log/appender.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

constexpr std::string_view kRulesChanged = "rules-changed";

std::vector<std::string> excluded_uidls(const OutcomeHistory& history) {
  std::vector<std::string> uidls;
  for (const auto& [uidl, last] : history.uidls()) {
    if (last.state == kStateExcluded) uidls.push_back(uidl);
  }
  return uidls;
}

Status write_reopened(Connection& connection, EpochId epoch, const UidSet& uids,
                      const std::vector<std::string>& uidls, common::Micros now) {
  OutcomePlan plan;
  const std::string reason(kRulesChanged);
  if (!uids.empty()) plan.news.push_back({UidState::Reopened, reason, uids, {}});
  for (const std::string& uidl : uidls) plan.news.push_back({UidState::Reopened, reason, {}, uidl});
  LogAppender log(connection);
  MAILKEEP_CHECKED(write_outcomes(connection, log, epoch, plan, now));
  return log.finish();
}

}  // namespace

Result<std::map<std::string, UidSet>> Ledger::excluded(EpochId epoch) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(cursor, read_cursor(reading->connection(), epoch));
  std::map<std::string, UidSet> by_rule;
  if (cursor.excluded.empty()) return by_rule;
  MAILKEEP_TRY(history, read_outcomes(reading->connection(), epoch, &cursor.excluded));
  for (const OutcomeHistory::Group& group : history.groups()) {
    if (group.state == kStateExcluded && !group.uids.empty())
      by_rule.emplace(group.reason, group.uids);
  }
  return by_rule;
}

Result<UidSet> Ledger::reopen_excluded(EpochId epoch, std::string_view rules) {
  const common::Micros now = archive_.clock().now();
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(head, lock_epoch(connection, epoch));
  if (!head.has_excluded() || head.rules == rules) return UidSet();
  MAILKEEP_TRY(part, CursorPart::read_all(connection, epoch));
  MAILKEEP_TRY(history, read_outcomes(connection, epoch));
  UidSet open = std::move(part.cursor.excluded);
  part.cursor.excluded = {};
  MAILKEEP_CHECKED(part.write(connection));
  MAILKEEP_CHECKED(
      connection.execute("UPDATE epochs SET rules = '' WHERE id = $1", {number(epoch)}));
  MAILKEEP_CHECKED(write_reopened(connection, epoch, open, excluded_uidls(history), now));
  MAILKEEP_CHECKED(transaction->commit());
  return open;
}

Status Ledger::reopen_excluded(EpochId epoch, const UidSet& uids) {
  const common::Micros now = archive_.clock().now();
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(lock_epoch(connection, epoch));
  MAILKEEP_TRY(part, CursorPart::read(connection, epoch, uids));
  const UidSet open = part.cursor.excluded.intersection(uids);
  if (open.empty()) return {};
  part.cursor.excluded.remove(open);
  MAILKEEP_CHECKED(part.write(connection));
  MAILKEEP_CHECKED(write_reopened(connection, epoch, open, {}, now));
  return transaction->commit();
}

}  // namespace mailkeep::store
