// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/fault_point.h"
#include "store/ledger.h"
#include "store/ledger_bytes.h"
#include "store/ledger_epochs.h"
#include "store/ledger_outcomes.h"
#include "store/ledger_segments.h"
#include "store/ledger_sightings.h"
#include "store/ledger_states.h"
#include "store/log/appender.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

UidSet uids_of(const Batch& batch) {
  std::vector<Uid> archived;
  for (const Arrival& arrival : batch.arrivals) {
    if (arrival.uid != 0) archived.push_back(arrival.uid);
  }
  UidSet uids;
  uids.add(std::move(archived));
  for (const Outcome& outcome : batch.outcomes) uids.add(outcome.uids);
  return uids;
}

// The mistake that the crash tests must catch: the cursor is durable before the bytes below it are.
Status sabotage_cursor(Archive& archive, const Batch& batch) {
  MAILKEEP_TRY(transaction, archive.database().begin_write());
  MAILKEEP_CHECKED(lock_epoch(transaction->connection(), batch.epoch));
  MAILKEEP_TRY(part, CursorPart::read(transaction->connection(), batch.epoch, uids_of(batch)));
  for (const Arrival& arrival : batch.arrivals) {
    if (arrival.uid != 0) part.cursor.archived.add(arrival.uid);
  }
  MAILKEEP_CHECKED(part.write(transaction->connection()));
  return transaction->commit();
}

Status note_rules(Connection& connection, const EpochHead& epoch, const Batch& batch,
                  const OutcomePlan& outcomes) {
  const std::string rules = batch.rules.empty() ? std::string(kNamelessRules) : batch.rules;
  if (!outcomes.has_excluded || epoch.rules == rules) return {};
  MAILKEEP_CHECKED(
      connection.execute("UPDATE epochs SET rules = $1 WHERE id = $2", {rules, number(epoch.id)}));
  return {};
}

std::uint64_t count_first_sighted(const SightingPlan& plan, DigestSet written) {
  std::uint64_t count = 0;
  for (const SightingPlan::Item& item : plan.items) {
    if (item.kind != EntryKind::SeenAgain) count += written.erase(item.arrival->body.digest());
  }
  return count;
}

SealReport report_of(const Batch& batch, const SightingPlan& plan, DigestSet written) {
  SealReport report;
  report.stored = count_first_sighted(plan, std::move(written));
  report.sighted = plan.items.size();
  report.already_there = plan.already_there;
  for (const Arrival& arrival : batch.arrivals) report.bytes += arrival.body.size();
  return report;
}

}  // namespace

Result<SealReport> Ledger::seal(Batch&& batch) {
  const Batch& sealed = batch;  // stays with the caller if this fails
  if (common::sabotage_wanted("cursor-before-bytes"))
    MAILKEEP_CHECKED(sabotage_cursor(archive_, sealed));

  // If we die here: nothing is written; the same messages are fetched again.
  MAILKEEP_TRY(bytes, BatchBytes::prepare(archive_.database(), sealed.arrivals));
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_PHASE("seal");
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(epoch, lock_epoch(connection, sealed.epoch));
  MAILKEEP_TRY(written, bytes.write(connection));
  MAILKEEP_TRY(sightings, plan_sightings(connection, epoch, sealed.arrivals));
  MAILKEEP_TRY(part, CursorPart::read(connection, epoch.id, uids_of(sealed)));
  part.cursor.archived.add(sightings.archived);
  part.cursor.excluded.remove(sightings.archived);
  MAILKEEP_TRY(outcomes, plan_outcomes(connection, epoch.id, part.cursor, sealed.outcomes));
  part.cursor.excluded.add(outcomes.excluded);
  const common::Micros now = archive_.clock().now();
  MAILKEEP_CHECKED(write_attempts(connection, epoch.id, sealed.arrivals, outcomes, now));
  MAILKEEP_CHECKED(note_rules(connection, epoch, sealed, outcomes));
  MAILKEEP_TRY(states, plan_states(connection, epoch, sealed.states, sealed.arrivals));
  MAILKEEP_CHECKED(part.write(connection));

  // Order: the log's head is locked by the first entry and held until the end, so all that takes
  // time (bytes, look-ups, the cursor) stands above; other accounts seal meanwhile.
  LogAppender log(connection);
  MAILKEEP_CHECKED(write_sightings(connection, log, epoch, sightings, now));
  MAILKEEP_CHECKED(write_outcomes(connection, log, epoch.id, outcomes, now));
  MAILKEEP_CHECKED(write_states(connection, log, epoch.id, states, now));
  MAILKEEP_CHECKED(log.finish());

  MAILKEEP_PHASE("commit");
  // If we die here: bytes, sightings, entries and cursor are all there or all missing. If only the
  // answer is lost, the next seal of the same messages finds them sighted and writes nothing.
  MAILKEEP_CHECKED(transaction->commit());
  MAILKEEP_PHASE("fetch");
  const SealReport report = report_of(sealed, sightings, std::move(written));
  batch = Batch{};
  return report;
}

}  // namespace mailkeep::store
