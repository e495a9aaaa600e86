// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rows of `states`: which changes are news, and what they come to. Private to store/.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/epoch.h"
#include "store/ledger.h"
#include "store/ledger_segments.h"
#include "store/log/appender.h"
#include "store/sql/database.h"
#include "store/states.h"

namespace mailkeep::store {

// The value that each UID has in the end, when changes are applied in order.
class StateFold {
 public:
  void apply(const std::string& value, const UidSet& uids);
  const std::map<std::string, UidSet>& values() const { return values_; }

 private:
  std::map<std::string, UidSet> values_;
};

// The changes of flags and labels that are news, in normal form. arrivals: messages whose sightings
// are not written yet. Presence has plan_presence.
common::Result<std::vector<StateChange>> plan_states(Connection& connection, const EpochHead& epoch,
                                                     const std::vector<StateChange>& changes,
                                                     const std::vector<Arrival>& arrivals = {});

// The archived ones of these UIDs are gone, or there again: moves them in the cursor, and adds to
// `news` what that changes.
void plan_presence(Cursor& cursor, std::string_view value, const UidSet& uids,
                   std::vector<StateChange>& news);

// One entry, or none if there are no changes.
common::Status write_states(Connection& connection, LogAppender& log, EpochId epoch,
                            const std::vector<StateChange>& changes, common::Micros now);

// Every change of the epoch in order. Corrupt.
common::Status each_state(
    Connection& connection, EpochId epoch,
    const std::function<void(common::Micros, const std::vector<StateChange>&)>& visit);

}  // namespace mailkeep::store
