// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/verify_facts.h"

#include <array>
#include <limits>

#include "store/log/facts.h"
#include "store/log/state_facts.h"

namespace mailkeep::store {
namespace {

// A column that the fact holds in 32 bits must not differ from it above them.
std::optional<std::uint32_t> narrow(std::int64_t value) {
  if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

std::optional<FactRow> read_sighting(const Row& row, EntryKind kind) {
  const auto uid = row.is_null(3) ? std::optional<Uid>() : narrow(row.integer(3));
  const auto version = narrow(row.integer(5));
  const auto content = common::Digest::from_bytes(row.bytes(6));
  const bool fits = static_cast<std::int64_t>(kind) == row.integer(12) &&
                    uid.has_value() != row.is_null(3) && version && content;
  if (!fits) return std::nullopt;
  std::optional<std::uint64_t> announced;
  if (!row.is_null(10)) announced = static_cast<std::uint64_t>(row.integer(10));
  const SightingFact fact{kind,
                          AccountId{row.integer(1)},
                          EpochId{row.integer(2)},
                          uid,
                          row.bytes(4),
                          *version,
                          *content,
                          static_cast<std::uint64_t>(row.integer(7)),
                          row.bytes(8),
                          row.bytes(9),
                          announced,
                          row.integer(11)};
  return FactRow{row.integer(0), encode(fact), content};
}

std::optional<FactRow> read_outcome(const Row& row, EntryKind) {
  const OutcomeFact fact{
      EpochId{row.integer(1)}, row.text(2), row.text(3), row.text(4), row.bytes(5), row.integer(6)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

std::optional<FactRow> read_event(const Row& row, EntryKind kind) {
  if (static_cast<std::int64_t>(kind) != row.integer(1)) return std::nullopt;
  return FactRow{row.integer(0), encode(EventFact{kind, row.bytes(2), row.integer(3)}),
                 std::nullopt};
}

std::optional<FactRow> read_account_version(const Row& row, EntryKind) {
  const auto columns = decode_account_version(row.bytes(2));
  if (!columns || columns->account != row.integer(1)) return std::nullopt;
  return FactRow{row.integer(0), std::string(row.bytes(2)), std::nullopt};
}

std::optional<FactRow> read_epoch(const Row& row, EntryKind) {
  const auto count = narrow(row.integer(4));
  const auto uidvalidity = narrow(row.integer(5));
  if (!count || !uidvalidity) return std::nullopt;
  const EpochFact fact{
      EpochId{row.integer(1)}, AccountId{row.integer(2)}, row.bytes(3), *count, *uidvalidity,
      row.integer(6)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

std::optional<FactRow> read_claim(const Row& row, EntryKind) {
  const auto uidnext = narrow(row.integer(3));
  const auto hash = common::Digest::from_bytes(row.bytes(5));
  if (!uidnext || !hash) return std::nullopt;
  const ClaimFact fact{EpochId{row.integer(1)},
                       static_cast<std::uint64_t>(row.integer(2)),
                       *uidnext,
                       static_cast<std::uint64_t>(row.integer(4)),
                       *hash,
                       row.integer(6),
                       row.text(7)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

std::optional<FactRow> read_state(const Row& row, EntryKind) {
  const StateFact fact{EpochId{row.integer(1)}, row.bytes(2), row.integer(3)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

std::optional<FactRow> read_rename(const Row& row, EntryKind) {
  const RenameFact fact{EpochId{row.integer(1)}, row.bytes(2), row.integer(3)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

std::optional<FactRow> read_deletion(const Row& row, EntryKind) {
  const DeletionFact fact{
      EpochId{row.integer(1)}, row.text(2), row.text(3), row.bytes(4), row.text(5), row.integer(6)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

std::optional<FactRow> read_submission(const Row& row, EntryKind) {
  const auto original = common::Digest::from_bytes(row.bytes(3));
  const auto content = common::Digest::from_bytes(row.bytes(4));
  if (!original || !content) return std::nullopt;
  const SubmissionFact fact{OutboxId{row.integer(1)},
                            AccountId{row.integer(2)},
                            *original,
                            *content,
                            static_cast<std::uint64_t>(row.integer(5)),
                            row.text(6),
                            row.bytes(7),
                            row.text(8),
                            row.integer(9)};
  return FactRow{row.integer(0), encode(fact), content};
}

std::optional<FactRow> read_delivery(const Row& row, EntryKind) {
  const auto attempt = narrow(row.integer(2));
  if (!attempt) return std::nullopt;
  const DeliveryFact fact{
      OutboxId{row.integer(1)}, *attempt, row.text(3), row.text(4), row.bytes(5), row.integer(6)};
  return FactRow{row.integer(0), encode(fact), std::nullopt};
}

enum TableIndex : std::size_t {
  kSightings,
  kOutcomes,
  kEvents,
  kAccountVersions,
  kEpochs,
  kClaims,
  kSubmissions,
  kDeliveries,
  kStates,
  kRenames,
  kDeletions
};

constexpr std::array<FactTable, 11> kTables = {{
    {"sighting",
     "SELECT position, account_id, epoch_id, uid, uidl, version, digest, size, internal_date, "
     "flags, announced_size, seen, kind FROM sightings WHERE position BETWEEN $1 AND $2",
     read_sighting},
    {"outcome",
     "SELECT position, epoch_id, state, reason, uids, uidl, time FROM outcomes "
     "WHERE position BETWEEN $1 AND $2",
     read_outcome},
    {"event", "SELECT position, kind, fact_text, time FROM events WHERE position BETWEEN $1 AND $2",
     read_event},
    {"account-version",
     "SELECT position, account_id, fact FROM account_versions WHERE position BETWEEN $1 AND $2",
     read_account_version},
    {"epoch",
     "SELECT position, id, account_id, folder, number, uidvalidity, opened FROM epochs "
     "WHERE position BETWEEN $1 AND $2",
     read_epoch},
    {"claim",
     "SELECT position, epoch_id, exists_count, uidnext, highestmodseq, set_hash, time, mailbox_id "
     "FROM claims "
     "WHERE position BETWEEN $1 AND $2",
     read_claim},
    {"submission",
     "SELECT position, outbox_id, account_id, original, digest, size, envelope_from, recipients, "
     "actor, time FROM submissions WHERE position BETWEEN $1 AND $2",
     read_submission},
    {"delivery",
     "SELECT position, outbox_id, attempt, state, server, answers, time FROM deliveries "
     "WHERE position BETWEEN $1 AND $2",
     read_delivery},
    {"state",
     "SELECT position, epoch_id, changes, time FROM states WHERE position BETWEEN $1 AND $2",
     read_state},
    {"rename",
     "SELECT position, epoch_id, folder, time FROM renames WHERE position BETWEEN $1 AND $2",
     read_rename},
    {"deletion",
     "SELECT position, epoch_id, state, uids, uidls, detail, time FROM deletions "
     "WHERE position BETWEEN $1 AND $2",
     read_deletion},
}};

}  // namespace

std::span<const FactTable> fact_tables() { return kTables; }

const FactTable& table_of(EntryKind kind) {
  if (is_sighting(kind)) return kTables[kSightings];
  if (is_event(kind)) return kTables[kEvents];
  if (kind == EntryKind::Gap) return kTables[kOutcomes];
  if (kind == EntryKind::Config) return kTables[kAccountVersions];
  if (kind == EntryKind::Submission) return kTables[kSubmissions];
  if (kind == EntryKind::Delivery) return kTables[kDeliveries];
  if (kind == EntryKind::State) return kTables[kStates];
  if (kind == EntryKind::Renamed) return kTables[kRenames];
  if (kind == EntryKind::Deletion) return kTables[kDeletions];
  return kTables[kind == EntryKind::Epoch ? kEpochs : kClaims];
}

}  // namespace mailkeep::store
