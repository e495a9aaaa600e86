// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/user_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "store/enum_words.h"
#include "store/log/events.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

constexpr EnumWords<Role, 3> kRoles = {{
    {Role::Administrator, "administrator"},
    {Role::Auditor, "auditor"},
    {Role::Reviewer, "reviewer"},
}};
constexpr EnumWords<UserState, 2> kStates = {{
    {UserState::Active, "active"},
    {UserState::Disabled, "disabled"},
}};

Result<User> read_user(const Row& row) {
  MAILKEEP_TRY(role, enum_in_row(kRoles, row.text(2), "users"));
  MAILKEEP_TRY(state, enum_in_row(kStates, row.text(3), "users"));
  return User{UserId(row.integer(0)), std::string(row.text(1)),   role, state, {},
              row.integer(4),         LogPosition(row.integer(5))};
}

Status add_accounts(Connection& connection, std::vector<User>& users) {
  std::map<std::int64_t, User*> by_id;
  for (User& user : users) by_id[number(user.id)] = &user;
  const auto take = [&by_id](const Row& row) -> Status {
    if (const auto at = by_id.find(row.integer(0)); at != by_id.end())
      at->second->accounts.push_back(AccountId(row.integer(1)));
    return {};
  };
  if (users.size() == 1)
    return connection.query(
        "SELECT user_id, account_id FROM user_accounts WHERE user_id = $1 ORDER BY account_id",
        {number(users.front().id)}, take);
  return connection.query(
      "SELECT user_id, account_id FROM user_accounts ORDER BY user_id, account_id", {}, take);
}

}  // namespace

Result<std::vector<User>> select_users(Connection& connection, std::string_view where,
                                       std::span<const Value> parameters) {
  std::vector<User> users;
  MAILKEEP_CHECKED(connection.query(
      fmt::format("SELECT id, name, role, state, created, version FROM users {}", where),
      parameters, [&users](const Row& row) -> Status {
        MAILKEEP_TRY(user, read_user(row));
        users.push_back(std::move(user));
        return {};
      }));
  if (!users.empty()) MAILKEEP_CHECKED(add_accounts(connection, users));
  return users;
}

Result<User> get_user(Connection& connection, UserId id) {
  const Value key = number(id);
  MAILKEEP_TRY(found, select_users(connection, "WHERE id = $1 LIMIT 1", {&key, 1}));
  if (found.empty()) return fail(ErrorKind::NotFound, "there is no user {}", number(id));
  return std::move(found.front());
}

Result<std::vector<AccountId>> known_accounts(Connection& connection,
                                              std::vector<AccountId> accounts) {
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  for (const AccountId id : accounts) {
    bool is_known = false;
    MAILKEEP_CHECKED(connection.query("SELECT id FROM accounts WHERE id = $1 LIMIT 1", {number(id)},
                                      [&is_known](const Row&) {
                                        is_known = true;
                                        return Status();
                                      }));
    if (!is_known)
      return fail(ErrorKind::NotFound, "there is no account with the number {}", number(id));
  }
  return accounts;
}

std::string numbers_text(std::span<const AccountId> accounts) {
  std::string text;
  for (const AccountId id : accounts)
    text += fmt::format("{}{}", text.empty() ? "" : ",", number(id));
  return text;
}

std::optional<std::vector<AccountId>> numbers_from(std::string_view text) {
  std::vector<AccountId> accounts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::int64_t id = 0;
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc() || (next != end && *next != ',')) return std::nullopt;
    accounts.push_back(AccountId(id));
    at = next == end ? end : next + 1;
  }
  return accounts;
}

Result<LogPosition> record_right(Connection& connection, LogAppender& log,
                                 const common::JsonLine& line, common::Micros time) {
  return append_event(connection, log, EntryKind::Right, line.text(), time);
}

std::string_view name_of(Role role) { return word_for(kRoles, role); }
std::string_view name_of(UserState state) { return word_for(kStates, state); }
std::optional<Role> role_from(std::string_view name) { return enum_from(kRoles, name); }
std::optional<UserState> user_state_from(std::string_view name) { return enum_from(kStates, name); }

}  // namespace mailkeep::store
