// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The rows of `users` and `user_accounts`, read, and what tokens and sessions share with them.
// Private to store/.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_line.h"
#include "store/log/appender.h"
#include "store/sql/database.h"
#include "store/users.h"

namespace mailkeep::store {

common::Result<std::vector<User>> select_users(Connection& connection, std::string_view where,
                                               std::span<const Value> parameters);
common::Result<User> get_user(Connection& connection, UserId id);  // NotFound

// Ascending, each once. NotFound for one that does not exist.
common::Result<std::vector<AccountId>> known_accounts(Connection& connection,
                                                      std::vector<AccountId> accounts);

// "1,5,9"
std::string numbers_text(std::span<const AccountId> accounts);
std::optional<std::vector<AccountId>> numbers_from(std::string_view text);

// The entry of a change of rights; `line` is its text.
common::Result<LogPosition> record_right(Connection& connection, LogAppender& log,
                                         const common::JsonLine& line, common::Micros time);

}  // namespace mailkeep::store
