// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_epochs.h"

#include <array>

#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/lookup.h"
#include "store/sql/next_id.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::string_view kSelectEpoch =
    "SELECT id, account_id, folder, number, uidvalidity, covered FROM epochs ";

Result<Epoch> epoch_of(const Row& row) {
  auto covered = UidSet::from_string(row.text(5));
  if (!covered)
    return common::fail(ErrorKind::Corrupt,
                        "epoch {} has a damaged set of covered UIDs: run `mailkeep verify`",
                        row.integer(0));
  return Epoch{EpochId{row.integer(0)},
               AccountId{row.integer(1)},
               std::string(row.bytes(2)),
               static_cast<std::uint32_t>(row.integer(3)),
               static_cast<std::uint32_t>(row.integer(4)),
               *std::move(covered)};
}

Result<std::vector<Epoch>> select_epochs(Connection& connection, std::string_view where,
                                         std::initializer_list<Value> parameters) {
  std::vector<Epoch> epochs;
  const std::string sql = std::string(kSelectEpoch).append(where);
  MAILKEEP_CHECKED(connection.query(sql, parameters, [&](const Row& row) -> Status {
    MAILKEEP_TRY(epoch, epoch_of(row));
    epochs.push_back(std::move(epoch));
    return {};
  }));
  return epochs;
}

bool is_same(const std::optional<Epoch>& newest, std::uint32_t uidvalidity) {
  return newest && newest->uidvalidity == uidvalidity;
}

// The next epoch of the folder, and its entry in the log.
Result<Epoch> found_epoch(Connection& connection, common::Micros now, Epoch epoch) {
  constexpr std::array<std::string_view, 8> kColumns = {
      "id", "position", "account_id", "folder", "number", "uidvalidity", "opened", "covered"};
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());  // ids are counted on under the head's lock
  MAILKEEP_TRY(id, next_id<EpochId>(connection, "epochs"));
  epoch.id = id;
  const EpochFact fact{epoch.id, epoch.account, epoch.folder, epoch.number, epoch.uidvalidity, now};
  MAILKEEP_TRY(position, log.append(EntryKind::Epoch, now, std::nullopt, encode(fact)));
  const std::vector<Value> row = {number(id),
                                  number(position),
                                  number(epoch.account),
                                  blob(epoch.folder),
                                  std::int64_t{epoch.number},
                                  std::int64_t{epoch.uidvalidity},
                                  now,
                                  std::string()};
  MAILKEEP_CHECKED(connection.insert_rows("epochs", kColumns, {&row, 1}));
  MAILKEEP_CHECKED(log.finish());
  return epoch;
}

}  // namespace

Result<std::vector<Epoch>> read_epochs(Connection& connection, AccountId account) {
  return select_epochs(connection, "WHERE account_id = $1 ORDER BY folder, number",
                       {number(account)});
}

Result<std::optional<Epoch>> newest_epoch(Connection& connection, AccountId account,
                                          std::string_view folder) {
  MAILKEEP_TRY(found, select_epochs(connection,
                                    "WHERE account_id = $1 AND folder = $2 "
                                    "ORDER BY number DESC LIMIT 1",
                                    {number(account), blob(folder)}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<Epoch> lock_epoch(Connection& connection, EpochId id) {
  MAILKEEP_CHECKED(
      connection.execute("UPDATE epochs SET covered = covered WHERE id = $1", {number(id)}));
  MAILKEEP_TRY(found, select_epochs(connection, "WHERE id = $1", {number(id)}));
  if (found.empty()) return common::fail(ErrorKind::NotFound, "there is no epoch {}", number(id));
  return std::move(found.front());
}

Status write_covered(Connection& connection, EpochId id, const UidSet& covered) {
  MAILKEEP_CHECKED(connection.execute("UPDATE epochs SET covered = $1 WHERE id = $2",
                                      {covered.to_string(), number(id)}));
  return {};
}

Result<std::vector<Epoch>> Ledger::epochs(AccountId account) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return read_epochs(reading->connection(), account);
}

Result<Epoch> Ledger::open_epoch(AccountId account, std::string_view folder,
                                 std::uint32_t uidvalidity) {
  {
    MAILKEEP_TRY(reading, archive_.database().begin_read());
    MAILKEEP_TRY(newest, newest_epoch(reading->connection(), account, folder));
    if (is_same(newest, uidvalidity)) return *std::move(newest);
  }
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  // Order: the head's lock before the second look, so that two openers of one folder see each
  // other.
  MAILKEEP_CHECKED(LogAppender(connection).lock_head());
  MAILKEEP_TRY(newest, newest_epoch(connection, account, folder));
  if (is_same(newest, uidvalidity)) return *std::move(newest);
  const Epoch next{EpochId{},   account, std::string(folder), newest ? newest->number + 1 : 1,
                   uidvalidity, UidSet()};
  MAILKEEP_TRY(epoch, found_epoch(connection, archive_.clock().now(), next));
  MAILKEEP_CHECKED(transaction->commit());
  return std::move(epoch);
}

Result<std::set<std::string>> Ledger::failed_uidls(EpochId epoch) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::set<std::string> uidls;
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT uidl FROM attempts WHERE epoch_id = $1 AND uid = 0", {number(epoch)},
      [&](const Row& row) -> Status {
        uidls.emplace(row.bytes(0));
        return {};
      }));
  return uidls;
}

Result<std::set<std::pair<std::string, common::Digest>>> Ledger::known_uidls(EpochId epoch) {
  std::set<std::pair<std::string, common::Digest>> known;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT uidl, digest FROM sightings "
      "WHERE account_id = (SELECT account_id FROM epochs WHERE id = $1) AND epoch_id = $2",
      {number(epoch), number(epoch)}, [&](const Row& row) -> Status {
        const auto digest = common::Digest::from_bytes(row.bytes(1));
        if (digest) known.emplace(row.bytes(0), *digest);
        return {};
      }));
  return known;
}

}  // namespace mailkeep::store
