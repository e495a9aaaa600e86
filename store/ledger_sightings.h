// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SightingPlan: which arrivals of a batch are sightings that the store does not have yet, and of
// which kind. All its questions are asked before the log's head is locked. Private to store/.

#include <cstdint>
#include <vector>

#include "common/result.h"
#include "store/ledger.h"
#include "store/log/appender.h"
#include "store/lookup.h"

namespace mailkeep::store {

struct SightingPlan {
  struct Item {
    const Arrival* arrival = nullptr;
    EntryKind kind = EntryKind::Archived;
    std::uint32_t version = 1;
  };
  std::vector<Item> items;
  std::uint64_t already_there = 0;
  UidSet archived;  // every UID of the batch: sighted now or before
};

// Asked after the bytes are written: then the first sighting of a content is told from the second
// even while another transaction brings the same content.
common::Result<SightingPlan> plan_sightings(Connection& connection, const EpochHead& epoch,
                                            const std::vector<Arrival>& arrivals);

common::Status write_sightings(Connection& connection, LogAppender& log, const EpochHead& epoch,
                               const SightingPlan& plan, common::Micros now);

}  // namespace mailkeep::store
