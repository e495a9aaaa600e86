// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/account_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/printable.h"
#include "store/account_options.h"
#include "store/enum_words.h"
#include "store/log/facts.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

constexpr EnumWords<Protocol, 3> kProtocols = {{
    {Protocol::Imap, "imap"},
    {Protocol::Pop3, "pop3"},
    {Protocol::Import, "import"},
}};
constexpr EnumWords<TlsMode, 3> kTlsModes = {{
    {TlsMode::Implicit, "implicit"},
    {TlsMode::Starttls, "starttls"},
    {TlsMode::None, "none"},
}};
constexpr EnumWords<AccountState, 3> kStates = {{
    {AccountState::Active, "active"},
    {AccountState::Paused, "paused"},
    {AccountState::Removed, "removed"},
}};

constexpr std::string_view kSelect =
    "SELECT id, name, state, protocol, tls, host, port, user_name, ca_file, custodian, address, "
    "include_globs, exclude_globs, delete_after_days, smtp_url, created, secret, options, "
    "smtp_secret, version_position FROM accounts";

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
  MAILKEEP_TRY(state, enum_in_row(kStates, row.text(2), "accounts"));
  MAILKEEP_TRY(protocol, enum_in_row(kProtocols, row.text(3), "accounts"));
  MAILKEEP_TRY(tls, enum_in_row(kTlsModes, row.text(4), "accounts"));
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
  MAILKEEP_CHECKED(read_options(row.text(17), settings));
  account.has_smtp_password = !row.is_null(18);
  account.version = LogPosition(row.integer(19));
  return account;
}

}  // namespace

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

Status write_settings(Connection& connection, const Account& account) {
  const AccountSettings& settings = account.settings;
  Value days;
  if (settings.delete_after_days) days = std::int64_t{*settings.delete_after_days};
  MAILKEEP_CHECKED(connection.execute(
      "UPDATE accounts SET state = $2, tls = $3, host = $4, port = $5, user_name = $6, "
      "ca_file = $7, custodian = $8, address = $9, include_globs = $10, exclude_globs = $11, "
      "delete_after_days = $12, smtp_url = $13, options = $14, version_position = $15 "
      "WHERE id = $1",
      {number(account.id), std::string(name_of(account.state)), std::string(name_of(settings.tls)),
       settings.host, std::int64_t{settings.port}, settings.user, settings.ca_file,
       settings.custodian, settings.address, join_lines(settings.include),
       join_lines(settings.exclude), days, settings.smtp_url, options_text(settings),
       number(account.version)}));
  return {};
}

Status insert_account(Connection& connection, const Account& account) {
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO accounts (id, name, protocol, created, state, tls, host, port, user_name, "
      "ca_file, custodian, address, include_globs, exclude_globs, smtp_url, version_position) "
      "VALUES ($1, $2, $3, $4, '', '', '', 0, '', '', '', '', '', '', '', 0)",
      {number(account.id), account.settings.name, std::string(name_of(account.settings.protocol)),
       account.created}));
  return write_settings(connection, account);
}

std::string_view name_of(Protocol protocol) { return word_for(kProtocols, protocol); }
std::string_view name_of(TlsMode mode) { return word_for(kTlsModes, mode); }
std::string_view name_of(AccountState state) { return word_for(kStates, state); }

}  // namespace mailkeep::store
