// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Bulk look-ups: "… IN ($2, $3, …)" over any number of keys, in statements of a few fixed lengths,
// so that the drivers' prepared statements are used again. Private to store/.

#include <functional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/digest.h"
#include "common/result.h"
#include "store/sql/database.h"

namespace mailkeep::store {

// sql ends with " IN " and takes `fixed` as its first parameters; the list is appended.
common::Status look_up(Connection& connection, std::string_view sql, std::span<const Value> fixed,
                       std::span<const Value> keys, const RowVisitor& visit);
common::Status execute_for(Connection& connection, std::string_view sql,
                           std::span<const Value> fixed, std::span<const Value> keys);

using DigestSet = std::unordered_set<common::Digest>;

// Which of these digests stand in the column `digest` of the table.
common::Result<DigestSet> find_digests(Connection& connection, std::string_view table,
                                       const std::vector<common::Digest>& digests);

inline Value blob(std::string_view bytes) { return Blob{std::string(bytes)}; }

}  // namespace mailkeep::store
