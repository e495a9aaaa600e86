// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Durability: whether what is committed now would survive a crash of the machine. Mail is fetched
// either way, because the server still has it; only who deletes it there must ask.

#include <string>

#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::store {

// One sentence that says what the database is set to; empty if a commit is durable. Asked of the
// database each time, because it may have been set anew meanwhile. Errors: Database, Busy.
common::Result<std::string> reduced_durability(Archive& archive);

}  // namespace mailkeep::store
