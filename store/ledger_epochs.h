// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rows of `epochs` as the ledger reads them. Private to store/.

#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "store/ledger.h"
#include "store/sql/database.h"

namespace mailkeep::store {

common::Result<std::vector<Epoch>> read_epochs(Connection& connection, AccountId account);
common::Result<std::optional<Epoch>> newest_epoch(Connection& connection, AccountId account,
                                                  std::string_view folder);

// Locks the row until the transaction ends and reads it. NotFound.
common::Result<Epoch> lock_epoch(Connection& connection, EpochId id);
common::Status write_covered(Connection& connection, EpochId id, const UidSet& covered);

}  // namespace mailkeep::store
