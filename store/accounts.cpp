// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/accounts.h"

#include <algorithm>
#include <utility>

#include "common/printable.h"
#include "store/account_rows.h"
#include "store/account_secrets.h"
#include "store/log/appender.h"
#include "store/lookup.h"
#include "store/sql/database.h"
#include "store/sql/next_id.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

// One line of the options' column each; the names come from the caller, who has other rules too.
Status refuse_unkeepable(const AccountSettings& settings) {
  if (settings.smtp_user.find('\n') == std::string::npos) return {};
  return fail(ErrorKind::Usage, "the SMTP user must be one line");
}

Result<Account> add_account(Connection& connection, LogAppender& log,
                            const AccountSettings& settings, common::Micros time) {
  MAILKEEP_TRY(id, next_id<AccountId>(connection, "accounts"));
  Account account{.id = id, .settings = settings, .created = time};
  MAILKEEP_TRY(position, record_version(connection, log, id, settings, account.state, time));
  account.version = position;
  MAILKEEP_CHECKED(insert_account(connection, account));
  return account;
}

Status refuse_change(const Account& account, const AccountSettings& settings,
                     std::optional<LogPosition> expected) {
  const std::string name = common::printable(account.settings.name);
  if (account.state == AccountState::Removed)
    return fail(ErrorKind::Conflict, "the account {} was removed: add a new one", name);
  if (expected && *expected != account.version)
    return fail(ErrorKind::Conflict,
                "the account {} was changed by somebody else: look at it again", name);
  if (settings.name != account.settings.name || settings.protocol != account.settings.protocol)
    return fail(ErrorKind::Usage,
                "the name and the protocol of the account {} cannot change: add a new account",
                name);
  return {};
}

Status refuse_taken_name(Connection& connection, std::string_view name) {
  MAILKEEP_TRY(taken, find_by_name(connection, name));
  if (!taken) return {};
  return fail(ErrorKind::Conflict, "there is an account named {} already{}: choose another name",
              common::printable(name),
              taken->state == AccountState::Removed ? ", removed, with its evidence" : "");
}

Result<std::optional<Vault>> vault_for(Archive& archive, const NewSecrets& secrets) {
  std::optional<Vault> vault;
  if (!secrets.password && !secrets.smtp_password) return vault;
  MAILKEEP_TRY(opened, Vault::open(archive.data_dir()));
  vault.emplace(std::move(opened));
  return vault;
}

Status write_secrets(Connection& connection, const std::optional<Vault>& vault, Account& account,
                     const NewSecrets& secrets) {
  if (secrets.password) {
    MAILKEEP_CHECKED(
        put_secret(connection, *vault, account.id, Vault::Use::Fetch, *secrets.password));
    account.has_password = true;
  }
  if (secrets.smtp_password) {
    MAILKEEP_CHECKED(
        put_secret(connection, *vault, account.id, Vault::Use::Send, *secrets.smtp_password));
    account.has_smtp_password = !secrets.smtp_password->empty();
  }
  return {};
}

}  // namespace

Result<Account> Accounts::add(const AccountSettings& settings, std::string_view password) {
  MAILKEEP_CHECKED(refuse_unkeepable(settings));
  std::optional<Vault> vault;
  if (!password.empty()) {
    MAILKEEP_TRY(opened, Vault::open(archive_.data_dir()));
    vault.emplace(std::move(opened));
  }
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  // Order: the head is locked before the look, so that two that add the same name see each other.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_CHECKED(refuse_taken_name(connection, settings.name));
  MAILKEEP_TRY(account, add_account(connection, log, settings, archive_.clock().now()));
  if (vault) {
    MAILKEEP_CHECKED(store_secret(connection, *vault, account.id, Vault::Use::Fetch, password));
    account.has_password = true;
  }
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return std::move(account);
}

Result<std::vector<Account>> Accounts::list() {
  MAILKEEP_TRY(transaction, archive_.database().begin_read());
  MAILKEEP_TRY(accounts, select_accounts(transaction->connection(), "", {}));
  // By bytes, here: the two engines and their locales would each sort in another way.
  std::sort(accounts.begin(), accounts.end(),
            [](const Account& a, const Account& b) { return a.settings.name < b.settings.name; });
  return std::move(accounts);
}

Result<Account> Accounts::find(std::string_view name) {
  MAILKEEP_TRY(transaction, archive_.database().begin_read());
  MAILKEEP_TRY(account, find_by_name(transaction->connection(), name));
  if (!account)
    return fail(ErrorKind::NotFound,
                "there is no account named {}: mailkeep account list shows all",
                common::printable(name));
  return std::move(*account);
}

Result<Account> Accounts::find_by_id(AccountId id) {
  MAILKEEP_TRY(transaction, archive_.database().begin_read());
  return get_by_id(transaction->connection(), id);
}

Result<std::map<AccountId, std::string>> Accounts::names(std::span<const AccountId> ids) {
  std::vector<Value> keys;
  keys.reserve(ids.size());
  for (const AccountId id : ids) keys.emplace_back(number(id));
  std::map<AccountId, std::string> names;
  MAILKEEP_TRY(transaction, archive_.database().begin_read());
  MAILKEEP_CHECKED(look_up(transaction->connection(), "SELECT id, name FROM accounts WHERE id IN ",
                           {}, keys, [&names](const Row& row) {
                             names[AccountId(row.integer(0))] = row.text(1);
                             return Status();
                           }));
  return names;
}

Result<Account> Accounts::get_import_account(std::string_view name) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(found, find_by_name(connection, name));
  if (found && found->settings.protocol == Protocol::Import) return std::move(*found);
  MAILKEEP_CHECKED(refuse_taken_name(connection, name));
  AccountSettings settings;
  settings.name = name;
  settings.protocol = Protocol::Import;
  settings.tls = TlsMode::None;
  MAILKEEP_TRY(account, add_account(connection, log, settings, archive_.clock().now()));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return std::move(account);
}

Result<Account> Accounts::change(AccountId id, const AccountSettings& settings,
                                 std::optional<LogPosition> expected, const NewSecrets& secrets) {
  MAILKEEP_CHECKED(refuse_unkeepable(settings));
  MAILKEEP_TRY(vault, vault_for(archive_, secrets));
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  // Order: the head is locked before the look, so that two who change it see each other.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(account, get_by_id(connection, id));
  MAILKEEP_CHECKED(refuse_change(account, settings, expected));
  // Order: in the transaction of the settings, or a pass in between would show the old password to
  // the new server.
  MAILKEEP_CHECKED(write_secrets(connection, vault, account, secrets));
  if (settings != account.settings) {
    MAILKEEP_TRY(position, record_version(connection, log, id, settings, account.state,
                                          archive_.clock().now()));
    account.settings = settings;
    account.version = position;
    MAILKEEP_CHECKED(write_settings(connection, account));
    MAILKEEP_CHECKED(log.finish());
  }
  MAILKEEP_CHECKED(transaction->commit());
  return std::move(account);
}

Status Accounts::set_state(AccountId id, AccountState state) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(account, get_by_id(connection, id));
  if (account.state == state) return {};
  if (account.state == AccountState::Removed)
    return fail(ErrorKind::Conflict, "the account {} was removed: add a new one",
                common::printable(account.settings.name));
  account.state = state;
  MAILKEEP_TRY(position, record_version(connection, log, id, account.settings, state,
                                        archive_.clock().now()));
  account.version = position;
  MAILKEEP_CHECKED(write_settings(connection, account));
  if (state == AccountState::Removed) MAILKEEP_CHECKED(forget_secrets(connection, id));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

}  // namespace mailkeep::store
