// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rows of `epochs` as the ledger reads them. Private to store/.

#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "store/epoch.h"
#include "store/sql/database.h"

namespace mailkeep::store {

// In epochs.rules where a batch excluded something and did not say under which rules.
inline constexpr std::string_view kNamelessRules = "-";

// By the folder's name, the newest of each name last.
common::Result<std::vector<EpochHead>> read_heads(Connection& connection, AccountId account);
common::Result<std::optional<EpochHead>> newest_head(Connection& connection, AccountId account,
                                                     std::string_view folder);
// Of these epochs; what is not there is left out.
common::Result<std::vector<EpochHead>> find_heads(Connection& connection,
                                                  const std::vector<EpochId>& ids);

// Leaves only the newest of each name.
void keep_newest(std::vector<EpochHead>& heads);

// Locks the row until the transaction ends and reads it. NotFound.
common::Result<EpochHead> lock_epoch(Connection& connection, EpochId id);

}  // namespace mailkeep::store
