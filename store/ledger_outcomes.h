// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// OutcomePlan: what the outcomes of a batch change. Excluded UIDs become covered, and may change
// their rule; vanished ones do
// not, since a server that lists them again shall be asked for them; failed ones are counted in
// `attempts`. Failed and vanished ones are logged only when that is news. Private to store/.

#include <string>
#include <vector>

#include "common/result.h"
#include "store/ledger.h"
#include "store/ledger_segments.h"
#include "store/log/appender.h"
#include "store/outcome_history.h"
#include "store/sql/database.h"

namespace mailkeep::store {

struct OutcomePlan {
  std::vector<Outcome> news;  // to be logged
  UidSet excluded;            // UIDs that no later pass asks for
  bool has_excluded = false;  // any, UIDLs too
  UidSet settled;             // UIDs whose failures are forgotten: covered or vanished
  UidSet failed;              // UIDs to be counted as tried once more
  std::vector<std::string> failed_uidls;
};

// among: only what is said of these UIDs; all UIDLs in any case.
common::Result<OutcomeHistory> read_outcomes(Connection& connection, EpochId epoch,
                                             const UidSet* among = nullptr);

// cursor: where the outcomes' UIDs are, with the arrivals of this batch in it. What is archived
// stays so, and what is excluded: a later failure or disappearance of such a UID changes nothing.
common::Result<OutcomePlan> plan_outcomes(Connection& connection, EpochId epoch,
                                          const Cursor& cursor,
                                          const std::vector<Outcome>& outcomes);

// Counts the failures, forgets the counts of what is settled now.
common::Status write_attempts(Connection& connection, EpochId epoch,
                              const std::vector<Arrival>& arrivals, const OutcomePlan& plan,
                              common::Micros now);

common::Status write_outcomes(Connection& connection, LogAppender& log, EpochId epoch,
                              const OutcomePlan& plan, common::Micros now);

}  // namespace mailkeep::store
