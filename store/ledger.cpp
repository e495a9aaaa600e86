// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger.h"

#include "common/encoding.h"
#include "common/printable.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

std::string_view name_of(PassOutcome outcome) {
  switch (outcome) {
    case PassOutcome::Complete:
      return "complete";
    case PassOutcome::Incomplete:
      return "incomplete";
    case PassOutcome::Failed:
      return "failed";
  }
  return {};
}

std::string encode_troubles(const std::vector<FolderTrouble>& troubles) {
  std::string bytes;
  for (const FolderTrouble& trouble : troubles) {
    common::put_field(bytes, trouble.folder);
    common::put_field(bytes, trouble.reason);
    common::put_field(bytes, trouble.detail);
  }
  return bytes;
}

}  // namespace

Result<std::int64_t> Ledger::begin_pass(AccountId account) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(LogAppender(connection).lock_head());  // two passes must not count to one id
  std::int64_t id = 0;
  MAILKEEP_CHECKED(
      connection.query("SELECT COALESCE(MAX(id), 0) + 1 FROM passes", {}, [&](const Row& row) {
        id = row.integer(0);
        return Status();
      }));
  MAILKEEP_CHECKED(
      connection.execute("INSERT INTO passes (id, account_id, started) VALUES ($1, $2, $3)",
                         {id, number(account), archive_.clock().now()}));
  MAILKEEP_CHECKED(transaction->commit());
  return id;
}

Status Ledger::finish_pass(std::int64_t pass, PassOutcome outcome, std::string_view error,
                           const std::vector<std::string>& folders,
                           const std::vector<FolderTrouble>& troubles) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_TRY(changed,
               transaction->connection().execute(
                   "UPDATE passes SET finished = $1, outcome = $2, error = $3, "
                   "folders = $4, troubles = $5 WHERE id = $6",
                   {archive_.clock().now(), std::string(name_of(outcome)), common::printable(error),
                    blob(encode_uidls(folders)), blob(encode_troubles(troubles)), pass}));
  if (changed != 1) return common::fail(ErrorKind::NotFound, "there is no pass {}", pass);
  return transaction->commit();
}

}  // namespace mailkeep::store
