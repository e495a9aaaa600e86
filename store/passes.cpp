// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/passes.h"

#include <functional>
#include <limits>
#include <utility>

#include "store/log/facts.h"
#include "store/sql/database.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

constexpr std::string_view kSelect =
    "SELECT id, account_id, started, finished, outcome, error, folders FROM passes ";

Pass pass_of(const Row& row) {
  Pass pass{row.integer(0),
            AccountId{row.integer(1)},
            row.integer(2),
            {},
            std::string(row.text(4)),
            std::string(row.text(5)),
            0};
  if (!row.is_null(3)) pass.finished = row.integer(3);
  if (const auto folders = decode_uidls(row.bytes(6))) pass.folders = folders->size();
  return pass;
}

Status each_pass(Connection& connection, std::string_view rest,
                 std::initializer_list<Value> parameters, const std::function<void(Pass&&)>& take) {
  return connection.query(std::string(kSelect).append(rest), parameters, [&](const Row& row) {
    take(pass_of(row));
    return Status();
  });
}

}  // namespace

Result<std::map<AccountId, LastPasses>> Passes::latest() {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  Connection& connection = reading->connection();
  std::map<AccountId, LastPasses> all;
  // One step into the index for each account, not a walk over all passes.
  MAILKEEP_CHECKED(each_pass(connection,
                             "WHERE id IN (SELECT (SELECT max(p.id) FROM passes p WHERE "
                             "p.account_id = a.id) FROM accounts a)",
                             {}, [&](Pass&& pass) { all[pass.account].last = std::move(pass); }));
  for (auto& entry : all) {
    const AccountId account = entry.first;
    LastPasses& last = entry.second;
    MAILKEEP_CHECKED(each_pass(
        connection,
        "WHERE account_id = $1 AND finished IS NOT NULL ORDER BY account_id DESC, id DESC LIMIT 1",
        {number(account)}, [&last](Pass&& pass) { last.last_end = pass.finished; }));
    MAILKEEP_CHECKED(each_pass(
        connection,
        "WHERE account_id = $1 AND outcome = 'complete' ORDER BY account_id DESC, id DESC LIMIT 1",
        {number(account)}, [&last](Pass&& pass) { last.last_success = pass.finished; }));
  }
  return all;
}

Result<std::vector<Pass>> Passes::list(AccountId account, std::optional<std::int64_t> before,
                                       std::size_t limit) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::vector<Pass> passes;
  MAILKEEP_CHECKED(
      each_pass(reading->connection(),
                "WHERE account_id = $1 AND id < $2 ORDER BY account_id DESC, id DESC LIMIT $3",
                {number(account), before.value_or(std::numeric_limits<std::int64_t>::max()),
                 static_cast<std::int64_t>(limit)},
                [&](Pass&& pass) { passes.push_back(std::move(pass)); }));
  return passes;
}

Result<std::uint64_t> Passes::count(AccountId account) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::uint64_t count = 0;
  MAILKEEP_CHECKED(reading->connection().query("SELECT count(*) FROM passes WHERE account_id = $1",
                                               {number(account)}, [&](const Row& row) {
                                                 count = static_cast<std::uint64_t>(row.integer(0));
                                                 return Status();
                                               }));
  return count;
}

Status Passes::prune(AccountId account, std::int64_t keep) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_TRY(changed,
               transaction->connection().execute(
                   "DELETE FROM passes WHERE account_id = $1 AND id <= (SELECT id FROM passes "
                   "WHERE account_id = $1 ORDER BY account_id DESC, id DESC LIMIT 1 OFFSET $2) "
                   "AND id <> COALESCE((SELECT max(id) FROM passes WHERE account_id = $1 AND "
                   "outcome = 'complete'), 0)",
                   {number(account), keep}));
  if (changed == 0) return {};
  return transaction->commit();
}

}  // namespace mailkeep::store
