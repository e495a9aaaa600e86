// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Users: the people who may ask the service, and what they are to it.
//
// Each change of a right (a new user, another role, other accounts, disabled, a new password) is an
// entry of kind `right` in the log, in the same transaction: one JSON line with what, who, whom and
// the rights that hold from now on (docs/formats.md). Passwords are kept as Argon2id hashes
// (libsodium, interactive limits). `actor` names who asks for the change, as the log shall say it.
// Durable on return. Any thread may call. Errors: Database, and what stands at each function.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

enum class Role { Administrator, Auditor, Reviewer };
enum class UserState { Active, Disabled };

inline constexpr std::size_t kPasswordMinCharacters = 12;
inline constexpr std::size_t kPasswordMaxBytes = 1024;
inline constexpr std::size_t kUserNameMaxBytes = 100;

struct User {
  UserId id{};
  std::string name;  // unique among all users ever, printable UTF-8
  Role role = Role::Reviewer;
  UserState state = UserState::Active;
  std::vector<AccountId> accounts;  // ascending; only reviewers are bound to accounts
  common::Micros created = 0;
  LogPosition version{};  // of the newest entry about this user: moves with every change
};

struct UserChange {
  std::optional<Role> role;
  std::optional<UserState> state;
  std::optional<std::vector<AccountId>> accounts;
};

class Users {
 public:
  explicit Users(Archive& archive) : archive_(archive) {}

  // Without a password the user comes in with tokens alone, until one is set.
  // Usage (name or password cannot be used, accounts for a role that sees all or none), Conflict
  // (the name is taken), NotFound (an account).
  common::Result<User> add(std::string_view name, Role role, const std::vector<AccountId>& accounts,
                           std::string_view password, std::string_view actor);
  common::Result<std::vector<User>> list();          // by name
  common::Result<User> find(std::string_view name);  // NotFound
  common::Result<User> find(UserId id);              // NotFound

  // Conflict if `expected` is given and is not the version any more. A user who ceases to be a
  // reviewer loses the accounts; one who is disabled loses the sessions.
  common::Result<User> change(UserId id, const UserChange& change,
                              std::optional<LogPosition> expected, std::string_view actor);

  // At least 12 characters, else Usage. Ends the user's sessions.
  common::Status set_password(UserId id, std::string_view password, std::string_view actor);

  // Auth with one text for everything that is wrong, after the same work.
  common::Result<User> check_password(std::string_view name, std::string_view password);

 private:
  Archive& archive_;
};

std::string_view name_of(Role role);        // "administrator" "auditor" "reviewer"
std::string_view name_of(UserState state);  // "active" "disabled"
std::optional<Role> role_from(std::string_view name);
std::optional<UserState> user_state_from(std::string_view name);

}  // namespace mailkeep::store
