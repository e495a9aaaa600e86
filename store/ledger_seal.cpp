// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/fault_point.h"
#include "store/ledger.h"
#include "store/ledger_bytes.h"
#include "store/ledger_epochs.h"
#include "store/ledger_outcomes.h"
#include "store/ledger_sightings.h"
#include "store/log/appender.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

// The mistake that the crash tests must catch: the cursor is durable before the bytes below it are.
Status sabotage_cursor(Archive& archive, const Batch& batch) {
  MAILKEEP_TRY(transaction, archive.database().begin_write());
  MAILKEEP_TRY(epoch, lock_epoch(transaction->connection(), batch.epoch));
  for (const Arrival& arrival : batch.arrivals) {
    if (arrival.uid != 0) epoch.covered.add(arrival.uid);
  }
  MAILKEEP_CHECKED(write_covered(transaction->connection(), epoch.id, epoch.covered));
  return transaction->commit();
}

Status move_cursor(Connection& connection, const Epoch& epoch, const UidSet& covered) {
  if (covered == epoch.covered) return {};
  return write_covered(connection, epoch.id, covered);
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
  UidSet covered = epoch.covered;
  covered.add(sightings.archived);
  MAILKEEP_TRY(outcomes, plan_outcomes(connection, epoch.id, covered, sealed.outcomes));
  covered.add(outcomes.covered);
  const common::Micros now = archive_.clock().now();
  MAILKEEP_CHECKED(write_attempts(connection, epoch.id, sealed.arrivals, outcomes, now));
  MAILKEEP_CHECKED(move_cursor(connection, epoch, covered));

  // Order: the log's head is locked by the first entry and held until the end, so all that takes
  // time (bytes, look-ups, the cursor) stands above; other accounts seal meanwhile.
  LogAppender log(connection);
  MAILKEEP_CHECKED(write_sightings(connection, log, epoch, sightings, now));
  MAILKEEP_CHECKED(write_outcomes(connection, log, epoch.id, outcomes, now));
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
