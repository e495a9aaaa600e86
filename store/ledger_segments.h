// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The rows of covered_segments and server_segments: an epoch's cursor and the server's set, in
// pieces, so that a batch reads and writes only those that it touches. Private to store/.
// Errors: Database, Corrupt.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "store/ids.h"
#include "store/sql/database.h"
#include "store/uid_set.h"

namespace mailkeep::store {

// What the cursor says of UIDs. excluded holds none that is archived; gone is of the archived ones.
struct Cursor {
  UidSet archived;
  UidSet excluded;
  UidSet gone;  // the server no longer lists them

  UidSet covered() const;
};

common::Result<Cursor> read_cursor(Connection& connection, EpochId epoch);

// The part of a cursor that a change touches: read, changed, written back.
class CursorPart {
 public:
  // The segments that hold any of these UIDs.
  static common::Result<CursorPart> read(Connection& connection, EpochId epoch, const UidSet& uids);
  // All there are; what is put into others later is written as well.
  static common::Result<CursorPart> read_all(Connection& connection, EpochId epoch);

  Cursor cursor;

  // Writes the segments that differ from what was read.
  common::Status write(Connection& connection);

 private:
  struct Bytes {
    std::string archived, excluded, gone;
    bool operator==(const Bytes&) const = default;
    bool empty() const { return archived.empty() && excluded.empty() && gone.empty(); }
  };
  common::Status take(const Row& row);
  std::map<std::int64_t, Bytes> encoded() const;

  EpochId epoch_{};
  std::map<std::int64_t, Bytes> there_;  // as the rows have them
};

common::Result<UidSet> read_server_uids(Connection& connection, EpochId epoch);
// Rewrites only the segments that differ.
common::Status write_server_uids(Connection& connection, EpochId epoch, const UidSet& uids);

// For the newest epoch of each folder: what the last claim lists and the cursor does not cover.
// Where nothing is open nothing is visited. The account: of one, or of all IMAP accounts at work.
using OpenVisitor = std::function<void(AccountId, EpochId, UidSet&&)>;
common::Status each_open(Connection& connection, std::optional<AccountId> account,
                         const OpenVisitor& visit);

}  // namespace mailkeep::store
