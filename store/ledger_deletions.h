// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rows of `deletions` folded to what they come to. Private to store/.

#include "common/result.h"
#include "store/ids.h"
#include "store/sql/database.h"
#include "store/states.h"

namespace mailkeep::store {

common::Result<Deletions> read_deletions(Connection& connection, EpochId epoch);

}  // namespace mailkeep::store
