// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The sealed secrets in the rows of `accounts`. Private to store/.

#include <string_view>

#include "common/result.h"
#include "store/ids.h"
#include "store/sql/database.h"
#include "store/vault.h"

namespace mailkeep::store {

common::Status store_secret(Connection& connection, const Vault& vault, AccountId id,
                            Vault::Use use, std::string_view password);
// An empty one for sending forgets the one there is.
common::Status put_secret(Connection& connection, const Vault& vault, AccountId id, Vault::Use use,
                          std::string_view password);
common::Status forget_secret(Connection& connection, AccountId id, Vault::Use use);
common::Status forget_secrets(Connection& connection, AccountId id);

}  // namespace mailkeep::store
