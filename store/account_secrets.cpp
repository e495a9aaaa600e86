// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/account_secrets.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "common/printable.h"
#include "store/account_rows.h"
#include "store/accounts.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

std::string_view column_of(Vault::Use use) {
  return use == Vault::Use::Fetch ? "secret" : "smtp_secret";
}

Status set_secret(Archive& archive, AccountId id, Vault::Use use, std::string_view password) {
  MAILKEEP_TRY(vault, Vault::open(archive.data_dir()));
  MAILKEEP_TRY(transaction, archive.database().begin_write(Urgency::Interactive));
  MAILKEEP_TRY(account, get_by_id(transaction->connection(), id));
  if (account.state == AccountState::Removed)
    return fail(ErrorKind::Conflict, "the account {} was removed and takes no password",
                common::printable(account.settings.name));
  MAILKEEP_CHECKED(put_secret(transaction->connection(), vault, id, use, password));
  return transaction->commit();
}

Result<std::string> get_secret(Archive& archive, AccountId id, Vault::Use use) {
  std::optional<std::string> sealed;
  std::string key_id;
  {
    MAILKEEP_TRY(transaction, archive.database().begin_read());
    MAILKEEP_CHECKED(transaction->connection().query(
        fmt::format("SELECT {0}, {0}_key_id FROM accounts WHERE id = $1 AND {0} IS NOT NULL "
                    "LIMIT 1",
                    column_of(use)),
        {number(id)}, [&](const Row& row) -> Status {
          sealed = row.bytes(0);
          key_id = row.text(1);
          return {};
        }));
  }
  if (!sealed)
    return fail(ErrorKind::Config, "the account has no {}password: set its password first",
                use == Vault::Use::Send ? "SMTP " : "");
  MAILKEEP_TRY(vault, Vault::open(archive.data_dir()));
  return vault.unseal(id, *sealed, key_id, use);
}

}  // namespace

Status store_secret(Connection& connection, const Vault& vault, AccountId id, Vault::Use use,
                    std::string_view password) {
  MAILKEEP_CHECKED(connection.execute(
      fmt::format("UPDATE accounts SET {0} = $1, {0}_key_id = $2 WHERE id = $3", column_of(use)),
      {Blob{vault.seal(id, password, use)}, vault.key_id(), number(id)}));
  return {};
}

Status put_secret(Connection& connection, const Vault& vault, AccountId id, Vault::Use use,
                  std::string_view password) {
  if (use == Vault::Use::Send && password.empty()) return forget_secret(connection, id, use);
  return store_secret(connection, vault, id, use, password);
}

Status forget_secret(Connection& connection, AccountId id, Vault::Use use) {
  MAILKEEP_CHECKED(connection.execute(
      fmt::format("UPDATE accounts SET {0} = NULL, {0}_key_id = NULL WHERE id = $1",
                  column_of(use)),
      {number(id)}));
  return {};
}

Status forget_secrets(Connection& connection, AccountId id) {
  MAILKEEP_CHECKED(forget_secret(connection, id, Vault::Use::Fetch));
  return forget_secret(connection, id, Vault::Use::Send);
}

Status Accounts::set_password(AccountId id, std::string_view password) {
  return set_secret(archive_, id, Vault::Use::Fetch, password);
}

Result<std::string> Accounts::password(AccountId id) {
  return get_secret(archive_, id, Vault::Use::Fetch);
}

Status Accounts::set_smtp_password(AccountId id, std::string_view password) {
  return set_secret(archive_, id, Vault::Use::Send, password);
}

Result<std::string> Accounts::smtp_password(AccountId id) {
  return get_secret(archive_, id, Vault::Use::Send);
}

}  // namespace mailkeep::store
