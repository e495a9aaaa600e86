// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <limits>
#include <map>
#include <optional>

#include "common/digest.h"
#include "store/log/facts.h"
#include "store/outcome_history.h"
#include "store/uid_set.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

using SetOfEpoch = std::map<std::int64_t, UidSet>;

bool is_uid(std::int64_t value) { return value >= 1 && value <= std::numeric_limits<Uid>::max(); }

// What the facts say that a cursor covers. A row that cannot be read is a fault of its own already.
Result<SetOfEpoch> read_settled(Connection& connection) {
  SetOfEpoch settled;
  MAILKEEP_CHECKED(
      connection.query("SELECT epoch_id, uid FROM sightings WHERE uid IS NOT NULL "
                       "ORDER BY account_id, epoch_id, uid",
                       {}, [&](const Row& row) {
                         if (is_uid(row.integer(1)))
                           settled[row.integer(0)].add(static_cast<Uid>(row.integer(1)));
                         return Status();
                       }));
  MAILKEEP_CHECKED(connection.query("SELECT epoch_id, state, uids FROM outcomes ORDER BY position",
                                    {}, [&](const Row& row) {
                                      const auto uids = UidSet::from_string(row.text(2));
                                      if (uids && row.text(1) == kStateExcluded)
                                        settled[row.integer(0)].add(*uids);
                                      return Status();
                                    }));
  return settled;
}

struct LastClaim {
  std::int64_t position = 0;
  std::string set_hash;
};

Result<std::map<std::int64_t, LastClaim>> read_last_claims(Connection& connection) {
  std::map<std::int64_t, LastClaim> claims;
  MAILKEEP_CHECKED(connection.query(
      "SELECT epoch_id, position, set_hash FROM claims ORDER BY position", {}, [&](const Row& row) {
        claims[row.integer(0)] = {row.integer(1), std::string(row.bytes(2))};
        return Status();
      }));
  return claims;
}

void check_cursor(std::string_view text, const UidSet& settled, const std::string& epoch,
                  FaultList& faults) {
  const auto covered = UidSet::from_string(text);
  if (!covered || covered->to_string() != text) {
    faults.add("cursor-malformed", epoch, "The epoch's set of covered UIDs is not such a set.");
    return;
  }
  const UidSet ahead = covered->without(settled);
  if (!ahead.empty())
    faults.add("cursor-ahead", epoch,
               fmt::format("The cursor covers UIDs that are neither archived nor listed: {}.",
                           ahead.to_string().substr(0, 200)));
  const UidSet behind = settled.without(*covered);
  if (!behind.empty())
    faults.add("cursor-behind", epoch,
               fmt::format("The cursor does not cover UIDs that are archived or listed: {}.",
                           behind.to_string().substr(0, 200)));
}

void check_claim(const Row& row, const LastClaim* last, const std::string& epoch,
                 FaultList& faults) {
  if (last == nullptr) {
    if (!row.is_null(2) || !row.is_null(3))
      faults.add("server-set-differs", epoch,
                 "The epoch holds a server's set and no claim that says so.");
    return;
  }
  if (row.is_null(3) || row.integer(3) != last->position)
    faults.add(
        "server-set-differs", epoch,
        fmt::format("The epoch does not name its last claim, at log position {}.", last->position));
  if (row.is_null(2) || common::Sha256::of(row.bytes(2)).view() != last->set_hash)
    faults.add("server-set-differs", epoch,
               fmt::format("The server's set is not the one that was claimed at log position {}.",
                           last->position));
}

}  // namespace

Status verify_epochs(Verification& run) {
  MAILKEEP_TRY(settled, read_settled(run.connection));
  MAILKEEP_TRY(claims, read_last_claims(run.connection));
  return run.connection.query(
      "SELECT id, covered, server_set, claim_position FROM epochs ORDER BY id", {},
      [&](const Row& row) {
        const std::string epoch = std::to_string(row.integer(0));
        const auto last = claims.find(row.integer(0));
        check_cursor(row.text(1), settled[row.integer(0)], epoch, run.faults);
        check_claim(row, last == claims.end() ? nullptr : &last->second, epoch, run.faults);
        return Status();
      });
}

}  // namespace mailkeep::store
