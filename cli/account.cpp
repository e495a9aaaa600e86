// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep account add | change | list | show | test | pause | resume | remove

#include <Poco/JSON/Array.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/account_flags.h"
#include "cli/account_names.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/password.h"
#include "common/printable.h"
#include "fetcher/fetch.h"
#include "store/account_rules.h"
#include "store/account_url.h"
#include "store/accounts.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

struct AddFlags {
  AccountFlags account;
  std::string oauth2;
};

common::Status refuse_unbuilt(const AddFlags& flags) {
  if (!flags.oauth2.empty())
    return fail(ErrorKind::NotBuilt, "account add --oauth2 is not built yet");
  return {};
}

common::Status set_smtp_password(store::Archive& archive, store::AccountId id,
                                 const PasswordSource& source) {
  if (source.file.empty()) return {};
  MAILKEEP_TRY(password, read_password(source));
  return store::Accounts(archive).set_smtp_password(id, password);
}

common::Result<int> add(const Context& context, const AddFlags& flags) {
  MAILKEEP_CHECKED(refuse_unbuilt(flags));
  MAILKEEP_TRY(wish, wish_from(flags.account));
  MAILKEEP_TRY(settings, store::settings_for_new(flags.account.name, wish));
  MAILKEEP_TRY(password, read_password(flags.account.password));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(account, store::Accounts(*archive).add(settings, password));
  MAILKEEP_CHECKED(set_smtp_password(*archive, account.id, flags.account.smtp_password));
  if (context.json) {
    Poco::JSON::Object object = json_object();
    object.set("name", account.settings.name);
    MAILKEEP_CHECKED(print_json(object));
    return kDone;
  }
  MAILKEEP_CHECKED(print("added {}: {}\n", account.settings.name, describe(account.settings)));
  return kDone;
}

common::Result<int> change(const Context& context, const AccountFlags& flags) {
  MAILKEEP_TRY(wish, wish_from(flags));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(account, find_account(*archive, flags.name));
  MAILKEEP_TRY(settings, store::settings_changed(account.settings, wish));
  store::Accounts accounts(*archive);
  MAILKEEP_TRY(changed, accounts.change(account.id, settings, account.version));
  if (flags.password.from_stdin || !flags.password.file.empty()) {
    MAILKEEP_TRY(password, read_password(flags.password));
    MAILKEEP_CHECKED(accounts.set_password(account.id, password));
  }
  MAILKEEP_CHECKED(set_smtp_password(*archive, account.id, flags.smtp_password));
  if (!context.json)
    MAILKEEP_CHECKED(print("{}: {}\n", changed.settings.name, describe(changed.settings)));
  return kDone;
}

Poco::JSON::Array strings_json(const std::vector<std::string>& strings) {
  Poco::JSON::Array array;
  for (const std::string& text : strings) array.add(text);
  return array;
}

void set_number(Poco::JSON::Object& object, const std::string& name,
                std::optional<std::uint32_t> number) {
  if (number)
    object.set(name, *number);
  else
    object.set(name, Poco::Dynamic::Var());
}

Poco::JSON::Object account_json(const store::Account& account) {
  const store::AccountSettings& settings = account.settings;
  Poco::JSON::Object object = json_object();
  object.set("name", settings.name);
  object.set("state", std::string(store::name_of(account.state)));
  object.set("protocol", std::string(store::name_of(settings.protocol)));
  object.set("tls", std::string(store::name_of(settings.tls)));
  object.set("host", settings.host);
  object.set("port", settings.port);
  object.set("user", settings.user);
  object.set("ca_file", settings.ca_file);
  object.set("custodian", settings.custodian);
  object.set("address", settings.address);
  object.set("include", strings_json(settings.include));
  object.set("exclude", strings_json(settings.exclude));
  object.set("smtp", settings.smtp_url);
  object.set("smtp_user", settings.smtp_user);
  set_number(object, "send_budget", settings.send_budget);
  set_number(object, "interval_seconds", settings.interval_seconds);
  set_number(object, "delete_after_days", settings.delete_after_days);
  object.set("created", common::rfc3339(account.created));
  object.set("has_password", account.has_password);
  object.set("has_smtp_password", account.has_smtp_password);
  return object;
}

common::Result<int> list(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(accounts, store::Accounts(*archive).list());
  for (const store::Account& account : accounts) {
    if (context.json) {
      MAILKEEP_CHECKED(print_json(account_json(account)));
      continue;
    }
    MAILKEEP_CHECKED(print("{:<20} {:<8} {}\n", account.settings.name,
                           store::name_of(account.state), describe(account.settings)));
  }
  return kDone;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

common::Result<int> show(const Context& context, const std::string& name) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(account, find_account(*archive, name));
  if (context.json) {
    MAILKEEP_CHECKED(print_json(account_json(account)));
    return kDone;
  }
  const store::AccountSettings& settings = account.settings;
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"name", settings.name},
      {"state", std::string(store::name_of(account.state))},
      {"server", describe(settings)},
      {"tls", std::string(store::name_of(settings.tls))},
      {"ca file", settings.ca_file},
      {"custodian", settings.custodian},
      {"address", settings.address},
      {"include", joined(settings.include)},
      {"exclude", joined(settings.exclude)},
      {"smtp", settings.smtp_url},
      {"smtp user", settings.smtp_user},
      {"budget",
       settings.send_budget ? fmt::format("{} recipients a day", *settings.send_budget) : ""},
      {"deleted on the server",
       settings.delete_after_days
           ? fmt::format("{} days after archiving", *settings.delete_after_days)
           : "never"},
      {"interval",
       settings.interval_seconds ? fmt::format("{} s", *settings.interval_seconds) : ""},
      {"created", common::rfc3339(account.created)},
      {"password", account.has_password ? "sealed" : "none"},
  };
  for (const auto& [key, value] : rows)
    if (!value.empty()) MAILKEEP_CHECKED(print("{:<10} {}\n", key, common::printable(value)));
  return kDone;
}

common::Result<int> test(const Context& context, const std::string& name) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(account, find_account(*archive, name));
  MAILKEEP_TRY(report, fetcher::test_account(*archive, account, context.stop));
  Poco::JSON::Array steps;
  for (const fetcher::TestStep& step : report.steps) {
    Poco::JSON::Object object = json_object();
    object.set("step", step.name);
    object.set("ok", step.ok);
    object.set("detail", common::to_utf8_lossy(step.detail));
    steps.add(object);
    if (!context.json)
      MAILKEEP_CHECKED(print("{:<6} {:<12} {}\n", step.ok ? "ok" : "FAILED", step.name,
                             common::printable(step.detail)));
  }
  if (context.json) {
    Poco::JSON::Object object = json_object();
    object.set("name", name);
    object.set("ok", !report.error.has_value());
    object.set("steps", steps);
    MAILKEEP_CHECKED(print_json(object));
  }
  if (!report.error) return kDone;
  return tl::unexpected(*report.error);
}

common::Result<int> set_state(const Context& context, const std::string& name,
                              store::AccountState state) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(account, find_account(*archive, name));
  if (account.state == store::AccountState::Removed && state != store::AccountState::Removed)
    return fail(ErrorKind::Usage, "account '{}' was removed; add it again under another name",
                name);
  MAILKEEP_CHECKED(store::Accounts(*archive).set_state(account.id, state));
  if (!context.json) MAILKEEP_CHECKED(print("{} is {}\n", name, store::name_of(state)));
  return kDone;
}

common::Result<int> set_password(const Context& context, const std::string& name,
                                 const PasswordSource& source) {
  MAILKEEP_TRY(password, read_password(source));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(account, find_account(*archive, name));
  if (account.state == store::AccountState::Removed)
    return fail(ErrorKind::Usage, "account '{}' was removed and keeps no password", name);
  MAILKEEP_CHECKED(store::Accounts(*archive).set_password(account.id, password));
  if (!context.json) MAILKEEP_CHECKED(print("{} has a new password\n", name));
  return kDone;
}

void add_set_password(CLI::App& group, Context& context) {
  auto name = std::make_shared<std::string>();
  auto source = std::make_shared<PasswordSource>();
  CLI::App* const command =
      add_command(group, context, "password", "Seal another password in the old one's place",
                  [&context, name, source] { return set_password(context, *name, *source); });
  command->add_option("NAME", *name, "the account's name")->required();
  add_password_options(*command, *source);
}

void add_add(CLI::App& group, Context& context) {
  auto flags = std::make_shared<AddFlags>();
  CLI::App* const command =
      add_command(group, context, "add", "Add an account; opens no connection",
                  [&context, flags] { return add(context, *flags); });
  command->add_option("NAME", flags->account.name, "the account's name")->required();
  add_account_options(*command, flags->account);
  command->get_option("--url")->required();
  command->add_option("--oauth2", flags->oauth2, "PROVIDER (not built yet)");
}

void add_change(CLI::App& group, Context& context) {
  auto flags = std::make_shared<AccountFlags>();
  CLI::App* const command =
      add_command(group, context, "change", "Change settings; what is not named stays",
                  [&context, flags] { return change(context, *flags); });
  command->add_option("NAME", flags->name, "the account's name")->required();
  add_account_options(*command, *flags);
  command->add_flag("--no-include", flags->no_include, "fetch all folders again")
      ->excludes(command->get_option("--include"));
  command->add_flag("--no-exclude", flags->no_exclude, "leave out no folder any more")
      ->excludes(command->get_option("--exclude"));
}

template <class Function>
void add_named(CLI::App& group, Context& context, const std::string& word, const std::string& help,
               Function function) {
  add_named_command(
      group, context, word, help, "the account's name",
      [&context, function](const std::string& name) { return function(context, name); });
}

}  // namespace

void add_account_commands(CLI::App& app, Context& context) {
  CLI::App* const group = app.add_subcommand("account", "Add, list, test and end accounts");
  group->fallthrough();
  group->require_subcommand(1);
  add_add(*group, context);
  add_change(*group, context);
  add_command(*group, context, "list", "All accounts", [&context] { return list(context); });
  add_named(*group, context, "show", "One account", show);
  add_named(*group, context, "test", "Try each step from connecting to listing folders", test);
  add_named(
      *group, context, "pause", "Do not fetch until resumed",
      [](const Context& c, const auto& n) { return set_state(c, n, store::AccountState::Paused); });
  add_named(*group, context, "resume", "Fetch again", [](const Context& c, const auto& n) {
    return set_state(c, n, store::AccountState::Active);
  });
  add_set_password(*group, context);
  add_named(*group, context, "remove", "End fetching and forget the password; the evidence stays",
            [](const Context& c, const auto& n) {
              return set_state(c, n, store::AccountState::Removed);
            });
  add_account_import(*group, context);
}

}  // namespace mailkeep::cli
