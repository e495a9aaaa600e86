// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/segments_0003.h"

#include <string>
#include <vector>

#include "store/ledger_epochs.h"
#include "store/ledger_outcomes.h"
#include "store/ledger_segments.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

struct OldEpoch {
  EpochId id{};
  AccountId account{};
  bool has_uids = false;  // of an IMAP account
};

Result<std::vector<OldEpoch>> read_old_epochs(Connection& connection) {
  std::vector<OldEpoch> epochs;
  MAILKEEP_CHECKED(
      connection.query("SELECT e.id, e.account_id, a.protocol FROM epochs e LEFT JOIN accounts a "
                       "ON a.id = e.account_id ORDER BY e.id",
                       {}, [&](const Row& row) {
                         epochs.push_back({EpochId{row.integer(0)}, AccountId{row.integer(1)},
                                           row.text(2) == "imap"});
                         return Status();
                       }));
  return epochs;
}

Status fill_cursor(Connection& connection, const OldEpoch& epoch) {
  MAILKEEP_TRY(part, CursorPart::read_all(connection, epoch.id));
  MAILKEEP_CHECKED(connection.query(
      "SELECT uid FROM sightings WHERE account_id = $1 AND epoch_id = $2 AND uid IS NOT NULL "
      "ORDER BY uid",
      {number(epoch.account), number(epoch.id)}, [&](const Row& row) {
        part.cursor.archived.add(static_cast<Uid>(row.integer(0)));
        return Status();
      }));
  MAILKEEP_TRY(history, read_outcomes(connection, epoch.id));
  part.cursor.excluded = history.uids_in(kStateExcluded).without(part.cursor.archived);
  bool has_excluded = !part.cursor.excluded.empty();
  for (const auto& [uidl, last] : history.uidls()) has_excluded |= last.state == kStateExcluded;
  MAILKEEP_CHECKED(part.write(connection));
  if (!has_excluded) return {};
  MAILKEEP_CHECKED(connection.execute("UPDATE epochs SET rules = $1 WHERE id = $2",
                                      {std::string(kNamelessRules), number(epoch.id)}));
  return {};
}

Status fill_server_set(Connection& connection, const OldEpoch& epoch) {
  std::string set;
  MAILKEEP_CHECKED(connection.query("SELECT server_set FROM epochs WHERE id = $1",
                                    {number(epoch.id)}, [&](const Row& row) {
                                      set = row.bytes(0);
                                      return Status();
                                    }));
  if (set.empty()) return {};
  if (epoch.has_uids) {
    const auto uids = UidSet::from_string(set);
    if (!uids)
      return common::fail(ErrorKind::Corrupt,
                          "the server's set of epoch {} is damaged: run the older `mailkeep "
                          "verify`, and restore the database from a copy",
                          number(epoch.id));
    return write_server_uids(connection, epoch.id, *uids);
  }
  MAILKEEP_CHECKED(connection.execute("INSERT INTO server_uidls (epoch_id, uidls) VALUES ($1, $2)",
                                      {number(epoch.id), blob(set)}));
  return {};
}

}  // namespace

Status fill_segments(Connection& connection) {
  MAILKEEP_TRY(epochs, read_old_epochs(connection));
  for (const OldEpoch& epoch : epochs) {
    MAILKEEP_CHECKED(fill_cursor(connection, epoch));
    MAILKEEP_CHECKED(fill_server_set(connection, epoch));
  }
  return {};
}

}  // namespace mailkeep::store
