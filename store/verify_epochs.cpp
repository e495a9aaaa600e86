// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/digest.h"
#include "store/ledger_segments.h"
#include "store/log/facts.h"
#include "store/log/state_facts.h"
#include "store/outcome_history.h"
#include "store/uid_segments.h"
#include "store/uid_set.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

bool is_uid(std::int64_t value) { return value >= 1 && value <= std::numeric_limits<Uid>::max(); }

// An epoch's row, and the claim and the name that the facts give it. One epoch is in memory at a
// time, whatever its size.
struct EpochRow {
  EpochId id{};
  AccountId account{};
  std::string id_text;
  std::string name;
  std::int64_t named_position = 0;
  std::optional<std::int64_t> claim_position;
  std::string rules;
  std::string true_name;  // of the last rename, or the first
  std::int64_t true_position = 0;
  std::optional<std::int64_t> last_claim;
  std::string set_hash;
};

Result<std::vector<EpochRow>> read_rows(Connection& connection) {
  std::vector<EpochRow> rows;
  MAILKEEP_CHECKED(connection.query(
      "SELECT id, account_id, name, named_position, claim_position, rules, folder, position "
      "FROM epochs ORDER BY id",
      {}, [&](const Row& row) {
        EpochRow epoch;
        epoch.id = EpochId{row.integer(0)};
        epoch.account = AccountId{row.integer(1)};
        epoch.id_text = std::to_string(row.integer(0));
        epoch.name = row.bytes(2);
        epoch.named_position = row.integer(3);
        if (!row.is_null(4)) epoch.claim_position = row.integer(4);
        epoch.rules = row.text(5);
        epoch.true_name = row.bytes(6);
        epoch.true_position = row.integer(7);
        rows.push_back(std::move(epoch));
        return Status();
      }));
  return rows;
}

// What the facts of all epochs say last, in one reading of each table.
Status read_last_facts(Connection& connection, std::vector<EpochRow>& rows) {
  std::map<std::int64_t, EpochRow*> by_id;
  for (EpochRow& row : rows) by_id[number(row.id)] = &row;
  const auto find = [&](std::int64_t id) {
    const auto found = by_id.find(id);
    return found == by_id.end() ? nullptr : found->second;
  };
  MAILKEEP_CHECKED(connection.query(
      "SELECT epoch_id, position, set_hash FROM claims ORDER BY position", {}, [&](const Row& row) {
        EpochRow* const epoch = find(row.integer(0));
        if (epoch == nullptr) return Status();
        epoch->last_claim = row.integer(1);
        epoch->set_hash = row.bytes(2);
        return Status();
      }));
  return connection.query("SELECT epoch_id, position, folder FROM renames ORDER BY position", {},
                          [&](const Row& row) {
                            EpochRow* const epoch = find(row.integer(0));
                            if (epoch == nullptr) return Status();
                            epoch->true_position = row.integer(1);
                            epoch->true_name = row.bytes(2);
                            return Status();
                          });
}

// What the facts say that the cursor holds. A row that cannot be read is a fault of its own
// already.
Result<Cursor> true_cursor(Connection& connection, const EpochRow& epoch, bool& has_excluded) {
  Cursor cursor;
  MAILKEEP_CHECKED(connection.query(
      "SELECT uid FROM sightings WHERE account_id = $1 AND epoch_id = $2 AND uid IS NOT NULL "
      "ORDER BY uid",
      {number(epoch.account), number(epoch.id)}, [&](const Row& row) {
        if (is_uid(row.integer(0))) cursor.archived.add(static_cast<Uid>(row.integer(0)));
        return Status();
      }));
  OutcomeHistory history;
  MAILKEEP_CHECKED(connection.query(
      "SELECT state, reason, uids, uidl FROM outcomes WHERE epoch_id = $1 ORDER BY position",
      {number(epoch.id)}, [&](const Row& row) {
        const auto uids = UidSet::from_string(row.text(2));
        if (uids) history.add(row.text(0), row.text(1), *uids, row.bytes(3));
        return Status();
      }));
  cursor.excluded = history.uids_in(kStateExcluded).without(cursor.archived);
  has_excluded = !cursor.excluded.empty();
  for (const auto& [uidl, last] : history.uidls()) has_excluded |= last.state == kStateExcluded;
  MAILKEEP_CHECKED(connection.query(
      "SELECT changes FROM states WHERE epoch_id = $1 ORDER BY position", {number(epoch.id)},
      [&](const Row& row) {
        const auto changes = decode_changes(row.bytes(0));
        for (const StateChange& change : changes.value_or(std::vector<StateChange>())) {
          if (change.kind != StateKind::Presence) continue;
          if (change.value == kGone) cursor.gone.add(change.uids);
          if (change.value != kGone) cursor.gone.remove(change.uids);
        }
        return Status();
      }));
  return cursor;
}

// Two sets that should be one: what is too much, and what is missing.
void compare(const UidSet& found, const UidSet& wanted, const std::string& epoch,
             std::string_view what, FaultList& faults) {
  constexpr std::size_t kMaxText = 200;
  const UidSet ahead = found.without(wanted);
  if (!ahead.empty())
    faults.add("cursor-ahead", epoch,
               fmt::format("The cursor says of UIDs that they are {}, and no fact does: {}.", what,
                           ahead.to_string().substr(0, kMaxText)));
  const UidSet behind = wanted.without(found);
  if (!behind.empty())
    faults.add("cursor-behind", epoch,
               fmt::format("The cursor does not say of UIDs that they are {}, as the facts do: {}.",
                           what, behind.to_string().substr(0, kMaxText)));
}

Status check_cursor(Verification& run, const EpochRow& epoch) {
  bool has_excluded = false;
  MAILKEEP_TRY(wanted, true_cursor(run.connection, epoch, has_excluded));
  Cursor found;
  bool is_whole = true;
  MAILKEEP_CHECKED(run.connection.query(
      "SELECT segment, archived_uids, excluded_uids, gone_uids FROM covered_segments "
      "WHERE epoch_id = $1 ORDER BY segment",
      {number(epoch.id)}, [&](const Row& row) {
        const bool is_needless =
            row.bytes(1).empty() && row.bytes(2).empty() && row.bytes(3).empty();
        is_whole = add_segment(row.integer(0), row.bytes(1), found.archived) &&
                   add_segment(row.integer(0), row.bytes(2), found.excluded) &&
                   add_segment(row.integer(0), row.bytes(3), found.gone) && !is_needless &&
                   is_whole;
        return Status();
      }));
  if (!is_whole) {
    run.faults.add("cursor-malformed", epoch.id_text,
                   "A segment of the epoch's covered UIDs is not such a set.");
    return {};
  }
  compare(found.archived, wanted.archived, epoch.id_text, "archived", run.faults);
  compare(found.excluded, wanted.excluded, epoch.id_text, "excluded", run.faults);
  compare(found.gone, wanted.gone, epoch.id_text, "gone from the server", run.faults);
  if (has_excluded && epoch.rules.empty())
    run.faults.add("cursor-rules", epoch.id_text,
                   "The epoch has excluded UIDs, and does not say under which rules.");
  return {};
}

// The bytes that a claim hashes; nothing if a segment is malformed.
Result<std::optional<std::string>> server_set(Connection& connection, EpochId epoch) {
  UidSet uids;
  std::string uidls;
  bool is_whole = true;
  MAILKEEP_CHECKED(connection.query(
      "SELECT segment, uids FROM server_segments WHERE epoch_id = $1 ORDER BY segment",
      {number(epoch)}, [&](const Row& row) {
        is_whole =
            !row.bytes(1).empty() && add_segment(row.integer(0), row.bytes(1), uids) && is_whole;
        return Status();
      }));
  MAILKEEP_CHECKED(connection.query("SELECT uidls FROM server_uidls WHERE epoch_id = $1",
                                    {number(epoch)}, [&](const Row& row) {
                                      uidls = row.bytes(0);
                                      is_whole = is_whole && uids.empty() && !uidls.empty();
                                      return Status();
                                    }));
  if (!is_whole) return std::nullopt;
  return uidls.empty() ? uids.to_string() : uidls;
}

Status check_claim(Verification& run, const EpochRow& epoch) {
  MAILKEEP_TRY(set, server_set(run.connection, epoch.id));
  if (epoch.claim_position != epoch.last_claim)
    run.faults.add("server-set-differs", epoch.id_text,
                   epoch.last_claim
                       ? fmt::format("The epoch does not name its last claim, at log position {}.",
                                     *epoch.last_claim)
                       : std::string("The epoch names a claim and there is none."));
  const bool is_set =
      set && (epoch.last_claim ? common::Sha256::of(*set).view() == epoch.set_hash : set->empty());
  if (!is_set)
    run.faults.add("server-set-differs", epoch.id_text,
                   "The server's set is not the one that was claimed last.");
  return {};
}

void check_name(Verification& run, const EpochRow& epoch) {
  if (epoch.name != epoch.true_name || epoch.named_position != epoch.true_position)
    run.faults.add("epoch-name-differs", epoch.id_text,
                   fmt::format("The epoch does not have the name that the log gave it last, at "
                               "position {}.",
                               epoch.true_position));
}

// Rows of working state whose epoch is not there.
Status find_strays(Verification& run) {
  for (const std::string_view table : {"covered_segments", "server_segments", "server_uidls"}) {
    MAILKEEP_CHECKED(run.connection.query(
        fmt::format("SELECT DISTINCT t.epoch_id FROM {} t LEFT JOIN epochs e ON e.id = t.epoch_id "
                    "WHERE e.id IS NULL",
                    table),
        {}, [&](const Row& row) {
          run.faults.add(
              "segment-unowned", std::to_string(row.integer(0)),
              fmt::format("There are rows of {} and no epoch that they belong to.", table));
          return Status();
        }));
  }
  return {};
}

}  // namespace

Status verify_epochs(Verification& run) {
  MAILKEEP_TRY(rows, read_rows(run.connection));
  MAILKEEP_CHECKED(read_last_facts(run.connection, rows));
  for (const EpochRow& epoch : rows) {
    MAILKEEP_CHECKED(check_cursor(run, epoch));
    MAILKEEP_CHECKED(check_claim(run, epoch));
    check_name(run, epoch);
  }
  return find_strays(run);
}

}  // namespace mailkeep::store
