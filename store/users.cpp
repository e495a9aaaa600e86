// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/users.h"

#include <algorithm>

#include "common/printable.h"
#include "store/password_hash.h"
#include "store/sql/next_id.h"
#include "store/user_rows.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

Status check_name(std::string_view name) {
  const bool is_usable = !name.empty() && name.size() <= kUserNameMaxBytes &&
                         common::printable(name) == name && name.front() != '-' &&
                         !name.starts_with("cli:") && name.front() != ' ' && name.back() != ' ';
  if (is_usable) return {};
  return fail(
      ErrorKind::Usage,
      "a user's name is 1 to {} bytes of printable UTF-8, with no '-' or space in front and "
      "no space at its end",
      kUserNameMaxBytes);
}

Status check_accounts(Role role, const std::vector<AccountId>& accounts) {
  if (role == Role::Reviewer || accounts.empty()) return {};
  return fail(ErrorKind::Usage, "an {} is not bound to accounts, only a reviewer is",
              name_of(role));
}

Result<std::optional<User>> find_user(Connection& connection, std::string_view name) {
  const Value key = std::string(name);
  MAILKEEP_TRY(found, select_users(connection, "WHERE name = $1 LIMIT 1", {&key, 1}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

// What the log says of a user: the rights that hold from now on.
common::JsonLine right_line(std::string_view what, std::string_view actor, const User& user) {
  common::JsonLine line;
  line.add("what", what).add("who", actor).add("whom", user.name);
  line.add("role", name_of(user.role)).add("state", name_of(user.state));
  return line.add_raw("accounts", "[" + numbers_text(user.accounts) + "]");
}

Status write_accounts(Connection& connection, const User& user) {
  MAILKEEP_CHECKED(
      connection.execute("DELETE FROM user_accounts WHERE user_id = $1", {number(user.id)}));
  for (const AccountId account : user.accounts)
    MAILKEEP_CHECKED(
        connection.execute("INSERT INTO user_accounts (user_id, account_id) VALUES ($1, $2)",
                           {number(user.id), number(account)}));
  return {};
}

Status end_sessions(Connection& connection, UserId id) {
  MAILKEEP_CHECKED(connection.execute("DELETE FROM sessions WHERE user_id = $1", {number(id)}));
  return {};
}

Status refuse_moved(const User& user, std::optional<LogPosition> expected) {
  if (!expected || *expected == user.version) return {};
  return fail(ErrorKind::Conflict, "the user {} was changed by somebody else: look at it again",
              common::printable(user.name));
}

Status apply(Connection& connection, const UserChange& change, User& user) {
  if (change.role) user.role = *change.role;
  if (change.state) user.state = *change.state;
  if (change.accounts) {
    MAILKEEP_CHECKED(check_accounts(user.role, *change.accounts));
    MAILKEEP_TRY(accounts, known_accounts(connection, *change.accounts));
    user.accounts = std::move(accounts);
  }
  if (user.role != Role::Reviewer) user.accounts.clear();
  return {};
}

}  // namespace

Result<User> Users::add(std::string_view name, Role role, const std::vector<AccountId>& accounts,
                        std::string_view password, std::string_view actor) {
  MAILKEEP_CHECKED(check_name(name));
  MAILKEEP_CHECKED(check_accounts(role, accounts));
  std::string hash;
  if (!password.empty()) {
    MAILKEEP_CHECKED(check_new_password(password));
    hash = hash_password(password);  // before the writer is taken: it costs time
  }
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  // Order: the head is locked before the look, so that two that add the same name see each other.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(taken, find_user(connection, name));
  if (taken)
    return fail(ErrorKind::Conflict, "there is a user named {} already: choose another name",
                common::printable(name));
  MAILKEEP_TRY(known, known_accounts(connection, accounts));
  MAILKEEP_TRY(id, next_id<UserId>(connection, "users"));
  const common::Micros now = archive_.clock().now();
  User user{id, std::string(name), role, UserState::Active, known, now, {}};
  MAILKEEP_TRY(position, record_right(connection, log, right_line("user.added", actor, user), now));
  user.version = position;
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO users (id, name, role, state, password_hash, created, version) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {number(user.id), user.name, std::string(name_of(role)), std::string(name_of(user.state)),
       hash, now, number(user.version)}));
  MAILKEEP_CHECKED(write_accounts(connection, user));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return user;
}

Result<std::vector<User>> Users::list() {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(users, select_users(reading->connection(), "", {}));
  std::sort(users.begin(), users.end(),
            [](const User& a, const User& b) { return a.name < b.name; });
  return std::move(users);
}

Result<User> Users::find(std::string_view name) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(user, find_user(reading->connection(), name));
  if (user) return std::move(*user);
  return fail(ErrorKind::NotFound, "there is no user named {}: mailkeep user list shows all",
              common::printable(name));
}

Result<User> Users::find(UserId id) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return get_user(reading->connection(), id);
}

Result<User> Users::change(UserId id, const UserChange& change, std::optional<LogPosition> expected,
                           std::string_view actor) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(before, get_user(connection, id));
  MAILKEEP_CHECKED(refuse_moved(before, expected));
  User user = before;
  MAILKEEP_CHECKED(apply(connection, change, user));
  if (user.role == before.role && user.state == before.state && user.accounts == before.accounts)
    return user;
  MAILKEEP_TRY(position, record_right(connection, log, right_line("user.changed", actor, user),
                                      archive_.clock().now()));
  user.version = position;
  MAILKEEP_CHECKED(
      connection.execute("UPDATE users SET role = $1, state = $2, version = $3 WHERE id = $4",
                         {std::string(name_of(user.role)), std::string(name_of(user.state)),
                          number(user.version), number(id)}));
  MAILKEEP_CHECKED(write_accounts(connection, user));
  if (user.state == UserState::Disabled) MAILKEEP_CHECKED(end_sessions(connection, id));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return user;
}

Status Users::set_password(UserId id, std::string_view password, std::string_view actor) {
  MAILKEEP_CHECKED(check_new_password(password));
  const std::string hash = hash_password(password);
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(user, get_user(connection, id));
  MAILKEEP_TRY(position, record_right(connection, log, right_line("user.password", actor, user),
                                      archive_.clock().now()));
  MAILKEEP_CHECKED(
      connection.execute("UPDATE users SET password_hash = $1, version = $2 WHERE id = $3",
                         {hash, number(position), number(id)}));
  MAILKEEP_CHECKED(end_sessions(connection, id));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Result<User> Users::check_password(std::string_view name, std::string_view password) {
  std::optional<std::string> hash;
  std::optional<User> user;
  if (name.size() <= kUserNameMaxBytes && common::printable(name) == name) {
    MAILKEEP_TRY(reading, archive_.database().begin_read());
    MAILKEEP_TRY(found, find_user(reading->connection(), name));
    user = std::move(found);
    MAILKEEP_CHECKED(
        reading->connection().query("SELECT password_hash FROM users WHERE name = $1 LIMIT 1",
                                    {std::string(name)}, [&hash](const Row& row) {
                                      hash = row.text(0);
                                      return Status();
                                    }));
  }
  const bool fits = is_password(password.substr(0, kPasswordMaxBytes + 1), hash);
  if (fits && user && user->state == UserState::Active) return std::move(*user);
  return fail(ErrorKind::Auth, "the name or the password is not right");
}

}  // namespace mailkeep::store
