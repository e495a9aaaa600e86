// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The rows of `accounts` and `account_versions`, read and written. Private to store/.

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "store/accounts.h"
#include "store/log/appender.h"
#include "store/sql/database.h"

namespace mailkeep::store {

// rest: what follows the table's name in the SELECT.
common::Result<std::vector<Account>> select_accounts(Connection& connection, std::string_view rest,
                                                     std::initializer_list<Value> parameters);
common::Result<std::optional<Account>> find_by_name(Connection& connection, std::string_view name);
common::Result<Account> get_by_id(Connection& connection, AccountId id);  // NotFound

// Each version of an account is an entry in the log and a row that says it in plain words. The head
// of the log stays locked until the transaction ends, so that writers of accounts come one by one.
common::Result<LogPosition> record_version(Connection& connection, LogAppender& log, AccountId id,
                                           const AccountSettings& settings, AccountState state,
                                           common::Micros time);
common::Status insert_account(Connection& connection, const Account& account);
// State, settings and version; name and protocol stay.
common::Status write_settings(Connection& connection, const Account& account);

}  // namespace mailkeep::store
