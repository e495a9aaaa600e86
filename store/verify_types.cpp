// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite stores any value in any column. A digest kept as text has the same bytes and yet is found
// by no question, so the type is part of what is verified. PostgreSQL cannot hold such a value.
#include <fmt/format.h>

#include <array>
#include <span>

#include "common/encoding.h"
#include "common/printable.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Status;

namespace {

struct Column {
  std::string_view name;
  std::string_view types;  // the answers of typeof() that are right
};
struct Table {
  std::string_view name;
  std::string_view key;  // what a fault is named by
  std::span<const Column> columns;
};

constexpr std::string_view kInteger = "'integer'";
constexpr std::string_view kIntegerOrNull = "'integer', 'null'";
constexpr std::string_view kBlob = "'blob'";
constexpr std::string_view kText = "'text'";

constexpr std::array kContents = {Column{"digest", kBlob}, Column{"size", kInteger},
                                  Column{"chunk_count", kInteger}};
constexpr std::array kChunks = {Column{"digest", kBlob}, Column{"seq", kInteger},
                                Column{"codec", kInteger}, Column{"plain_size", kInteger},
                                Column{"data", kBlob}};
constexpr std::array kLogEntries = {Column{"position", kInteger}, Column{"entry", kBlob},
                                    Column{"leaf_hash", kBlob}};
constexpr std::array kLogSalts = {Column{"position", kInteger}, Column{"salt", kBlob}};
constexpr std::array kLogHead = {Column{"one", kInteger}, Column{"size", kInteger},
                                 Column{"frontier", kBlob}};
constexpr std::array kCheckpoints = {Column{"size", kInteger}, Column{"note", kText}};
constexpr std::array kEvents = {Column{"position", kInteger}, Column{"kind", kInteger},
                                Column{"fact_text", kBlob}, Column{"time", kInteger}};
constexpr std::array kAccounts = {Column{"id", kInteger},
                                  Column{"name", kText},
                                  Column{"state", kText},
                                  Column{"protocol", kText},
                                  Column{"tls", kText},
                                  Column{"host", kText},
                                  Column{"port", kInteger},
                                  Column{"user_name", kText},
                                  Column{"ca_file", kText},
                                  Column{"custodian", kText},
                                  Column{"address", kText},
                                  Column{"include_globs", kText},
                                  Column{"exclude_globs", kText},
                                  Column{"delete_after_days", kIntegerOrNull},
                                  Column{"smtp_url", kText},
                                  Column{"created", kInteger},
                                  Column{"version_position", kInteger},
                                  Column{"options", kText}};
constexpr std::array kAccountVersions = {Column{"position", kInteger},
                                         Column{"account_id", kInteger}, Column{"fact", kBlob}};
constexpr std::array kEpochs = {
    Column{"id", kInteger},         Column{"position", kInteger},
    Column{"account_id", kInteger}, Column{"folder", kBlob},
    Column{"number", kInteger},     Column{"uidvalidity", kInteger},
    Column{"opened", kInteger},     Column{"claim_position", kIntegerOrNull},
    Column{"name", kBlob},          Column{"named_position", kInteger},
    Column{"rules", kText}};
constexpr std::array kSightings = {Column{"position", kInteger},
                                   Column{"account_id", kInteger},
                                   Column{"epoch_id", kInteger},
                                   Column{"uid", kIntegerOrNull},
                                   Column{"uidl", kBlob},
                                   Column{"version", kInteger},
                                   Column{"digest", kBlob},
                                   Column{"size", kInteger},
                                   Column{"internal_date", kBlob},
                                   Column{"flags", kBlob},
                                   Column{"announced_size", kIntegerOrNull},
                                   Column{"seen", kInteger},
                                   Column{"kind", kInteger}};
constexpr std::array kOutcomes = {Column{"position", kInteger}, Column{"epoch_id", kInteger},
                                  Column{"state", kText},       Column{"reason", kText},
                                  Column{"uids", kText},        Column{"uidl", kBlob},
                                  Column{"time", kInteger}};
constexpr std::array kClaims = {Column{"position", kInteger},      Column{"epoch_id", kInteger},
                                Column{"exists_count", kInteger},  Column{"uidnext", kInteger},
                                Column{"highestmodseq", kInteger}, Column{"set_hash", kBlob},
                                Column{"time", kInteger},          Column{"mailbox_id", kText}};
constexpr std::array kStates = {Column{"position", kInteger}, Column{"epoch_id", kInteger},
                                Column{"changes", kBlob}, Column{"time", kInteger}};
constexpr std::array kRenames = {Column{"position", kInteger}, Column{"epoch_id", kInteger},
                                 Column{"folder", kBlob}, Column{"time", kInteger}};
constexpr std::array kDeletions = {Column{"position", kInteger}, Column{"epoch_id", kInteger},
                                   Column{"state", kText},       Column{"uids", kText},
                                   Column{"uidls", kBlob},       Column{"detail", kText},
                                   Column{"time", kInteger}};
constexpr std::array kCoveredSegments = {
    Column{"epoch_id", kInteger}, Column{"segment", kInteger}, Column{"archived_uids", kBlob},
    Column{"excluded_uids", kBlob}, Column{"gone_uids", kBlob}};
constexpr std::array kServerSegments = {Column{"epoch_id", kInteger}, Column{"segment", kInteger},
                                        Column{"uids", kBlob}};
constexpr std::array kServerUidls = {Column{"epoch_id", kInteger}, Column{"uidls", kBlob}};

constexpr std::array kSubmissions = {Column{"position", kInteger},   Column{"outbox_id", kInteger},
                                     Column{"account_id", kInteger}, Column{"original", kBlob},
                                     Column{"digest", kBlob},        Column{"size", kInteger},
                                     Column{"envelope_from", kText}, Column{"recipients", kBlob},
                                     Column{"actor", kText},         Column{"time", kInteger}};
constexpr std::array kDeliveries = {Column{"position", kInteger}, Column{"outbox_id", kInteger},
                                    Column{"attempt", kInteger},  Column{"state", kText},
                                    Column{"server", kText},      Column{"answers", kBlob},
                                    Column{"time", kInteger}};
constexpr std::array kOutbox = {Column{"id", kInteger},           Column{"account_id", kInteger},
                                Column{"state", kText},           Column{"attempts", kInteger},
                                Column{"next_attempt", kInteger}, Column{"detail", kText},
                                Column{"changed", kInteger},      Column{"owner", kText},
                                Column{"idempotency_key", kText}, Column{"request_hash", kBlob}};

constexpr std::array kTables = {
    Table{"contents", "hex(digest)", kContents},
    Table{"chunks", "hex(digest) || '/' || seq", kChunks},
    Table{"log_entries", "position", kLogEntries},
    Table{"log_salts", "position", kLogSalts},
    Table{"log_head", "one", kLogHead},
    Table{"checkpoints", "size", kCheckpoints},
    Table{"events", "position", kEvents},
    Table{"accounts", "id", kAccounts},
    Table{"account_versions", "position", kAccountVersions},
    Table{"epochs", "id", kEpochs},
    Table{"sightings", "position", kSightings},
    Table{"outcomes", "position", kOutcomes},
    Table{"claims", "position", kClaims},
    Table{"states", "position", kStates},
    Table{"renames", "position", kRenames},
    Table{"deletions", "position", kDeletions},
    Table{"covered_segments", "epoch_id || '/' || segment", kCoveredSegments},
    Table{"server_segments", "epoch_id || '/' || segment", kServerSegments},
    Table{"server_uidls", "epoch_id", kServerUidls},
    Table{"submissions", "position", kSubmissions},
    Table{"deliveries", "position", kDeliveries},
    Table{"outbox", "id", kOutbox},
};

// One reading of the table for all of its columns.
std::string statement_for(const Table& table) {
  std::string wrong;
  std::string condition;
  for (const Column& column : table.columns) {
    const std::string test = fmt::format("typeof({}) NOT IN ({})", column.name, column.types);
    wrong += fmt::format("{}CASE WHEN {} THEN ' {}' ELSE '' END", wrong.empty() ? "" : " || ", test,
                         column.name);
    condition += fmt::format("{}{}", condition.empty() ? "" : " OR ", test);
  }
  return fmt::format("SELECT lower(CAST({} AS TEXT)), {} FROM {} WHERE {}", table.key, wrong,
                     table.name, condition);
}

}  // namespace

Status verify_types(Verification& run) {
  if (run.archive.database().engine() != "sqlite") return {};
  for (const Table& table : kTables) {
    MAILKEEP_CHECKED(run.connection.query(statement_for(table), {}, [&](const Row& row) {
      run.faults.add("value-malformed", common::printable(row.text(0)),
                     fmt::format("A row of {} holds a value of the wrong type in:{}.", table.name,
                                 row.text(1)));
      return Status();
    }));
  }
  return {};
}

}  // namespace mailkeep::store
