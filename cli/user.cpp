// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep user add | list | show | change | disable | enable | password

#include <Poco/JSON/Array.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/account_flags.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/password.h"
#include "cli/people.h"
#include "common/printable.h"
#include "store/users.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

struct UserFlags {
  std::string name;
  std::optional<std::string> role;
  std::optional<std::vector<std::string>> accounts;
  bool no_accounts = false;
  PasswordSource password;
};

common::Result<store::Role> role_of(const std::string& word) {
  if (const auto role = store::role_from(word)) return *role;
  return fail(ErrorKind::Usage, "a role is administrator, auditor or reviewer, not '{}'",
              common::printable(word));
}

common::Result<Poco::JSON::Object> user_json(store::Archive& archive, const store::User& user) {
  Poco::JSON::Object object = json_object();
  object.set("id", std::to_string(store::number(user.id)));
  object.set("name", user.name);
  object.set("role", std::string(store::name_of(user.role)));
  object.set("state", std::string(store::name_of(user.state)));
  MAILKEEP_TRY(names, names_of_accounts(archive, user.accounts));
  Poco::JSON::Array accounts;
  for (const std::string& name : names) accounts.add(name);
  object.set("accounts", accounts);
  object.set("created", common::rfc3339(user.created));
  return object;
}

common::Status print_user(const Context& context, store::Archive& archive,
                          const store::User& user) {
  if (context.json) {
    MAILKEEP_TRY(object, user_json(archive, user));
    return print_json(object);
  }
  MAILKEEP_TRY(names, names_of_accounts(archive, user.accounts));
  return print("{:<20} {:<13} {:<8} {}\n", user.name, store::name_of(user.role),
               store::name_of(user.state), fmt::format("{}", fmt::join(names, ", ")));
}

common::Result<int> add(const Context& context, const UserFlags& flags) {
  MAILKEEP_TRY(role, role_of(*flags.role));
  std::string password;
  if (flags.password.from_stdin || !flags.password.file.empty()) {
    MAILKEEP_TRY(given, read_password(flags.password));
    password = given;
  }
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(ids, account_ids(*archive, flags.accounts.value_or(std::vector<std::string>())));
  MAILKEEP_TRY(user, store::Users(*archive).add(flags.name, role, ids, password, local_actor()));
  MAILKEEP_CHECKED(print_user(context, *archive, user));
  return kDone;
}

common::Result<int> list(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(users, store::Users(*archive).list());
  for (const store::User& user : users) MAILKEEP_CHECKED(print_user(context, *archive, user));
  return kDone;
}

common::Result<int> show(const Context& context, const std::string& name) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(user, find_user(*archive, name));
  MAILKEEP_CHECKED(print_user(context, *archive, user));
  return kDone;
}

common::Result<int> change(const Context& context, const UserFlags& flags) {
  store::UserChange wish;
  if (flags.role) {
    MAILKEEP_TRY(role, role_of(*flags.role));
    wish.role = role;
  }
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  if (flags.no_accounts) wish.accounts.emplace();
  if (flags.accounts) {
    MAILKEEP_TRY(ids, account_ids(*archive, *flags.accounts));
    wish.accounts = ids;
  }
  MAILKEEP_TRY(user, find_user(*archive, flags.name));
  MAILKEEP_TRY(changed, store::Users(*archive).change(user.id, wish, std::nullopt, local_actor()));
  MAILKEEP_CHECKED(print_user(context, *archive, changed));
  return kDone;
}

common::Result<int> set_state(const Context& context, const std::string& name,
                              store::UserState state) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(user, find_user(*archive, name));
  store::UserChange wish;
  wish.state = state;
  MAILKEEP_TRY(changed, store::Users(*archive).change(user.id, wish, std::nullopt, local_actor()));
  MAILKEEP_CHECKED(print_user(context, *archive, changed));
  return kDone;
}

common::Result<int> set_password(const Context& context, const UserFlags& flags) {
  MAILKEEP_TRY(password, read_password(flags.password));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(user, find_user(*archive, flags.name));
  MAILKEEP_CHECKED(store::Users(*archive).set_password(user.id, password, local_actor()));
  if (!context.json)
    MAILKEEP_CHECKED(print("{} has a new password; sessions are ended\n", user.name));
  return kDone;
}

void add_rights_options(CLI::App& command, UserFlags& flags) {
  command.add_option("NAME", flags.name, "the user's name")->required();
  command.add_option("--role", flags.role, "administrator, auditor or reviewer");
  command
      .add_option("--account", flags.accounts, "an account that a reviewer may see (repeatable)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::App* add_with_flags(CLI::App& group, Context& context, const std::string& word,
                         const std::string& help,
                         common::Result<int> (*action)(const Context&, const UserFlags&),
                         const std::shared_ptr<UserFlags>& flags) {
  return add_command(group, context, word, help,
                     [&context, flags, action] { return action(context, *flags); });
}

template <class Function>
void add_named(CLI::App& group, Context& context, const std::string& word, const std::string& help,
               Function function) {
  add_named_command(
      group, context, word, help, "the user's name",
      [&context, function](const std::string& name) { return function(context, name); });
}

}  // namespace

void add_user_commands(CLI::App& app, Context& context) {
  CLI::App* const group = app.add_subcommand("user", "Who may use the service, and as what");
  group->fallthrough();
  group->require_subcommand(1);
  auto flags = std::make_shared<UserFlags>();
  CLI::App* const add_one = add_with_flags(
      *group, context, "add", "Add a user; without a password, for tokens alone", add, flags);
  add_rights_options(*add_one, *flags);
  add_one->get_option("--role")->required();
  add_password_options(*add_one, flags->password);
  add_command(*group, context, "list", "All users", [&context] { return list(context); });
  add_named(*group, context, "show", "One user", show);
  auto changed = std::make_shared<UserFlags>();
  CLI::App* const change_one =
      add_with_flags(*group, context, "change",
                     "Another role, or other accounts in place of the old ones", change, changed);
  add_rights_options(*change_one, *changed);
  change_one->add_flag("--no-accounts", changed->no_accounts, "take all accounts away")
      ->excludes(change_one->get_option("--account"));
  add_named(
      *group, context, "disable", "End every session and refuse every token",
      [](const Context& c, const auto& n) { return set_state(c, n, store::UserState::Disabled); });
  add_named(*group, context, "enable", "Let in again", [](const Context& c, const auto& n) {
    return set_state(c, n, store::UserState::Active);
  });
  auto password = std::make_shared<UserFlags>();
  CLI::App* const set =
      add_with_flags(*group, context, "password", "Set another password", set_password, password);
  set->add_option("NAME", password->name, "the user's name")->required();
  add_password_options(*set, password->password);
}

}  // namespace mailkeep::cli
