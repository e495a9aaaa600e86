// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The rows of `tokens`, read. Private to store/.

#include <span>
#include <string_view>
#include <vector>

#include "store/sql/database.h"
#include "store/tokens.h"

namespace mailkeep::store {

// where: what follows the tables' names; `t` is tokens.
common::Result<std::vector<TokenInfo>> select_tokens(Connection& connection, std::string_view where,
                                                     std::span<const Value> parameters);
bool is_good(const TokenInfo& token, common::Micros now);  // neither expired nor revoked

}  // namespace mailkeep::store
