// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What search and export do first: bring the index up to the log, so that the answer holds
// everything that is archived.

#include "cli/context.h"
#include "common/result.h"

namespace mailkeep::cli {

// Waits for an indexer that is at work. Errors: Busy, Index, Disk, Database, Cancelled.
common::Status bring_index_up(const Context& context, store::Archive& archive);

}  // namespace mailkeep::cli
