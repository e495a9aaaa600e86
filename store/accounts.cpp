// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/accounts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "common/printable.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/sql/database.h"
#include "store/vault.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr std::array<std::pair<Protocol, std::string_view>, 3> kProtocols = {{
    {Protocol::Imap, "imap"},
    {Protocol::Pop3, "pop3"},
    {Protocol::Import, "import"},
}};
constexpr std::array<std::pair<TlsMode, std::string_view>, 3> kTlsModes = {{
    {TlsMode::Implicit, "implicit"},
    {TlsMode::Starttls, "starttls"},
    {TlsMode::None, "none"},
}};
constexpr std::array<std::pair<AccountState, std::string_view>, 3> kStates = {{
    {AccountState::Active, "active"},
    {AccountState::Paused, "paused"},
    {AccountState::Removed, "removed"},
}};

constexpr std::string_view kSelect =
    "SELECT id, name, state, protocol, tls, host, port, user_name, ca_file, custodian, address, "
    "include_globs, exclude_globs, delete_after_days, smtp_url, created, secret FROM accounts";

template <class Enum, std::size_t N>
std::string_view word_for(const std::array<std::pair<Enum, std::string_view>, N>& words,
                          Enum value) {
  for (const auto& [known, word] : words)
    if (known == value) return word;
  MAILKEEP_CHECK(false);
  return {};
}

template <class Enum, std::size_t N>
Result<Enum> value_of(const std::array<std::pair<Enum, std::string_view>, N>& words,
                      std::string_view given) {
  for (const auto& [value, word] : words)
    if (word == given) return value;
  return fail(ErrorKind::Corrupt, "an account's row holds the word \"{}\": run mailkeep verify",
              common::printable(given));
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<Account> read_account(const Row& row) {
  Account account;
  account.id = AccountId(row.integer(0));
  MAILKEEP_TRY(state, value_of(kStates, row.text(2)));
  MAILKEEP_TRY(protocol, value_of(kProtocols, row.text(3)));
  MAILKEEP_TRY(tls, value_of(kTlsModes, row.text(4)));
  account.state = state;
  AccountSettings& settings = account.settings;
  settings.name = row.text(1);
  settings.protocol = protocol;
  settings.tls = tls;
  settings.host = row.text(5);
  settings.port = static_cast<std::uint16_t>(row.integer(6));
  settings.user = row.text(7);
  settings.ca_file = row.text(8);
  settings.custodian = row.text(9);
  settings.address = row.text(10);
  settings.include = split_lines(row.text(11));
  settings.exclude = split_lines(row.text(12));
  if (!row.is_null(13)) settings.delete_after_days = static_cast<std::uint32_t>(row.integer(13));
  settings.smtp_url = row.text(14);
  account.created = row.integer(15);
  account.has_password = !row.is_null(16);
  return account;
}

Result<std::vector<Account>> select_accounts(Connection& connection, std::string_view rest,
                                             std::initializer_list<Value> parameters) {
  std::vector<Account> accounts;
  MAILKEEP_CHECKED(connection.query(fmt::format("{} {}", kSelect, rest), parameters,
                                    [&accounts](const Row& row) -> Status {
                                      MAILKEEP_TRY(account, read_account(row));
                                      accounts.push_back(std::move(account));
                                      return {};
                                    }));
  return accounts;
}

Result<std::optional<Account>> find_by_name(Connection& connection, std::string_view name) {
  MAILKEEP_TRY(found, select_accounts(connection, "WHERE name = $1 LIMIT 1", {std::string(name)}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<Account> get_by_id(Connection& connection, AccountId id) {
  MAILKEEP_TRY(found, select_accounts(connection, "WHERE id = $1 LIMIT 1", {number(id)}));
  if (found.empty())
    return fail(ErrorKind::NotFound, "there is no account with the number {}", number(id));
  return std::move(found.front());
}

// Each version of an account is an entry in the log and a row that says it in plain words. The head
// of the log stays locked until the transaction ends, so that writers of accounts come one by one.
Result<LogPosition> record_version(Connection& connection, LogAppender& log, AccountId id,
                                   const AccountSettings& settings, AccountState state,
                                   common::Micros time) {
  const std::string fact = encode(AccountVersion{id, state, settings, time});
  MAILKEEP_TRY(position, log.append(EntryKind::Config, time, std::nullopt, fact));
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO account_versions (position, account_id, fact) VALUES ($1, $2, $3)",
      {number(position), number(id), Blob{fact}}));
  return position;
}

Result<AccountId> next_id(Connection& connection) {
  std::int64_t next = 1;
  MAILKEEP_CHECKED(connection.query("SELECT coalesce(max(id), 0) + 1 FROM accounts LIMIT 1", {},
                                    [&next](const Row& row) -> Status {
                                      next = row.integer(0);
                                      return {};
                                    }));
  return AccountId(next);
}

Status insert_account(Connection& connection, const Account& account, LogPosition version) {
  const AccountSettings& settings = account.settings;
  Value days;
  if (settings.delete_after_days) days = std::int64_t{*settings.delete_after_days};
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO accounts (id, name, state, protocol, tls, host, port, user_name, ca_file, "
      "custodian, address, include_globs, exclude_globs, delete_after_days, smtp_url, created, "
      "version_position) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
      {number(account.id), settings.name, std::string(name_of(account.state)),
       std::string(name_of(settings.protocol)), std::string(name_of(settings.tls)), settings.host,
       std::int64_t{settings.port}, settings.user, settings.ca_file, settings.custodian,
       settings.address, join_lines(settings.include), join_lines(settings.exclude), days,
       settings.smtp_url, account.created, number(version)}));
  return {};
}

Status store_secret(Connection& connection, const Vault& vault, AccountId id,
                    std::string_view password) {
  MAILKEEP_CHECKED(
      connection.execute("UPDATE accounts SET secret = $1, secret_key_id = $2 WHERE id = $3",
                         {Blob{vault.seal(id, password)}, vault.key_id(), number(id)}));
  return {};
}

Result<Account> add_account(Connection& connection, LogAppender& log,
                            const AccountSettings& settings, common::Micros time) {
  MAILKEEP_TRY(id, next_id(connection));
  Account account{.id = id, .settings = settings, .created = time};
  MAILKEEP_TRY(position, record_version(connection, log, id, settings, account.state, time));
  MAILKEEP_CHECKED(insert_account(connection, account, position));
  return account;
}

Status refuse_taken_name(Connection& connection, std::string_view name) {
  MAILKEEP_TRY(taken, find_by_name(connection, name));
  if (!taken) return {};
  return fail(ErrorKind::Conflict, "there is an account named {} already{}: choose another name",
              common::printable(name),
              taken->state == AccountState::Removed ? ", removed, with its evidence" : "");
}

}  // namespace

Result<Account> Accounts::add(const AccountSettings& settings, std::string_view password) {
  std::optional<Vault> vault;
  if (!password.empty()) {
    MAILKEEP_TRY(opened, Vault::open(archive_.data_dir()));
    vault.emplace(std::move(opened));
  }
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  // Order: the head is locked before the look, so that two that add the same name see each other.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_CHECKED(refuse_taken_name(connection, settings.name));
  MAILKEEP_TRY(account, add_account(connection, log, settings, archive_.clock().now()));
  if (vault) {
    MAILKEEP_CHECKED(store_secret(connection, *vault, account.id, password));
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

Result<Account> Accounts::get_import_account(std::string_view name) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
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

Status Accounts::set_state(AccountId id, AccountState state) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(account, get_by_id(connection, id));
  if (account.state == state) return {};
  if (account.state == AccountState::Removed)
    return fail(ErrorKind::Conflict, "the account {} was removed: add a new one",
                common::printable(account.settings.name));
  MAILKEEP_TRY(position, record_version(connection, log, id, account.settings, state,
                                        archive_.clock().now()));
  MAILKEEP_CHECKED(
      connection.execute("UPDATE accounts SET state = $1, version_position = $2 WHERE id = $3",
                         {std::string(name_of(state)), number(position), number(id)}));
  if (state == AccountState::Removed)
    MAILKEEP_CHECKED(connection.execute(
        "UPDATE accounts SET secret = NULL, secret_key_id = NULL WHERE id = $1", {number(id)}));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Status Accounts::set_password(AccountId id, std::string_view password) {
  MAILKEEP_TRY(vault, Vault::open(archive_.data_dir()));
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_TRY(account, get_by_id(transaction->connection(), id));
  if (account.state == AccountState::Removed)
    return fail(ErrorKind::Conflict, "the account {} was removed and takes no password",
                common::printable(account.settings.name));
  MAILKEEP_CHECKED(store_secret(transaction->connection(), vault, id, password));
  return transaction->commit();
}

Result<std::string> Accounts::password(AccountId id) {
  std::optional<std::string> sealed;
  std::string key_id;
  {
    MAILKEEP_TRY(transaction, archive_.database().begin_read());
    MAILKEEP_CHECKED(transaction->connection().query(
        "SELECT secret, secret_key_id FROM accounts WHERE id = $1 AND secret IS NOT NULL LIMIT 1",
        {number(id)}, [&](const Row& row) -> Status {
          sealed = row.bytes(0);
          key_id = row.text(1);
          return {};
        }));
  }
  if (!sealed)
    return fail(ErrorKind::Config, "the account has no password: set its password first");
  MAILKEEP_TRY(vault, Vault::open(archive_.data_dir()));
  return vault.unseal(id, *sealed, key_id);
}

std::string_view name_of(Protocol protocol) { return word_for(kProtocols, protocol); }
std::string_view name_of(TlsMode mode) { return word_for(kTlsModes, mode); }
std::string_view name_of(AccountState state) { return word_for(kStates, state); }

}  // namespace mailkeep::store
