// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The part of migration 3 that SQL cannot do. Private to store/.

#include "common/result.h"
#include "store/sql/database.h"

namespace mailkeep::store {

// Fills the segments of schema 3: cursors from sightings and outcomes, which they are derived from,
// and servers' sets from the column of schema 2. One epoch in memory at a time. Corrupt.
common::Status fill_segments(Connection& connection);

}  // namespace mailkeep::store
