// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_epochs.h"

#include <array>
#include <string>
#include <utility>

#include "store/ledger.h"
#include "store/ledger_segments.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/log/state_facts.h"
#include "store/lookup.h"
#include "store/sql/next_id.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::string_view kSelectHead =
    "SELECT e.id, e.account_id, e.name, e.number, e.uidvalidity, e.rules, e.listed, e.checked, "
    "c.exists_count, c.uidnext, c.highestmodseq, c.set_hash, c.mailbox_id FROM epochs e "
    "LEFT JOIN claims c ON c.position = e.claim_position ";

EpochHead head_of(const Row& row) {
  EpochHead head;
  head.id = EpochId{row.integer(0)};
  head.account = AccountId{row.integer(1)};
  head.folder = row.bytes(2);
  head.number = static_cast<std::uint32_t>(row.integer(3));
  head.uidvalidity = static_cast<std::uint32_t>(row.integer(4));
  head.rules = row.text(5);
  if (const auto hash = common::Digest::from_bytes(row.bytes(11)); hash) {
    head.last_claim = LastClaim{static_cast<std::uint64_t>(row.integer(8)),
                                static_cast<std::uint32_t>(row.integer(9)),
                                static_cast<std::uint64_t>(row.integer(10)),
                                *hash,
                                row.integer(6),
                                row.integer(7)};
    head.mailbox_id = row.text(12);
  }
  return head;
}

Result<std::vector<EpochHead>> select_heads(Connection& connection, std::string_view rest,
                                            std::initializer_list<Value> parameters) {
  std::vector<EpochHead> heads;
  MAILKEEP_CHECKED(
      connection.query(std::string(kSelectHead).append(rest), parameters, [&heads](const Row& row) {
        heads.push_back(head_of(row));
        return Status();
      }));
  return heads;
}

bool is_same(const std::optional<EpochHead>& newest, std::uint32_t uidvalidity) {
  return newest && newest->uidvalidity == uidvalidity;
}

Result<Epoch> with_cursor(Connection& connection, EpochHead&& head) {
  MAILKEEP_TRY(cursor, read_cursor(connection, head.id));
  return Epoch{std::move(head), cursor.covered()};
}

// The next epoch of the folder, and its entry in the log.
Result<EpochHead> found_epoch(Connection& connection, common::Micros now, EpochHead epoch) {
  constexpr std::array<std::string_view, 9> kColumns = {"id",     "position", "account_id",
                                                        "folder", "number",   "uidvalidity",
                                                        "opened", "name",     "named_position"};
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
                                  blob(epoch.folder),
                                  number(position)};
  MAILKEEP_CHECKED(connection.insert_rows("epochs", kColumns, {&row, 1}));
  MAILKEEP_CHECKED(log.finish());
  return epoch;
}

}  // namespace

Result<std::vector<EpochHead>> read_heads(Connection& connection, AccountId account) {
  return select_heads(connection, "WHERE e.account_id = $1 ORDER BY e.name, e.named_position",
                      {number(account)});
}

Result<std::optional<EpochHead>> newest_head(Connection& connection, AccountId account,
                                             std::string_view folder) {
  MAILKEEP_TRY(found, select_heads(connection,
                                   "WHERE e.account_id = $1 AND e.name = $2 "
                                   "ORDER BY e.named_position DESC LIMIT 1",
                                   {number(account), blob(folder)}));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<EpochHead>> find_heads(Connection& connection, const std::vector<EpochId>& ids) {
  std::vector<Value> keys;
  keys.reserve(ids.size());
  for (const EpochId id : ids) keys.emplace_back(number(id));
  std::vector<EpochHead> heads;
  MAILKEEP_CHECKED(look_up(connection, std::string(kSelectHead) + "WHERE e.id IN ", {}, keys,
                           [&heads](const Row& row) {
                             heads.push_back(head_of(row));
                             return Status();
                           }));
  return heads;
}

void keep_newest(std::vector<EpochHead>& heads) {
  std::vector<EpochHead> newest;
  for (EpochHead& head : heads) {
    if (!newest.empty() && newest.back().folder == head.folder) newest.pop_back();
    newest.push_back(std::move(head));
  }
  heads = std::move(newest);
}

Result<EpochHead> lock_epoch(Connection& connection, EpochId id) {
  MAILKEEP_CHECKED(
      connection.execute("UPDATE epochs SET checked = checked WHERE id = $1", {number(id)}));
  MAILKEEP_TRY(found, select_heads(connection, "WHERE e.id = $1", {number(id)}));
  if (found.empty()) return common::fail(ErrorKind::NotFound, "there is no epoch {}", number(id));
  return std::move(found.front());
}

Result<std::vector<Epoch>> Ledger::epochs(AccountId account) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(heads, read_heads(reading->connection(), account));
  std::vector<Epoch> epochs;
  for (EpochHead& head : heads) {
    MAILKEEP_TRY(epoch, with_cursor(reading->connection(), std::move(head)));
    epochs.push_back(std::move(epoch));
  }
  return epochs;
}

Result<std::vector<EpochHead>> Ledger::newest_epochs(AccountId account) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(heads, read_heads(reading->connection(), account));
  keep_newest(heads);
  return std::move(heads);
}

Result<Epoch> Ledger::open_epoch(AccountId account, std::string_view folder,
                                 std::uint32_t uidvalidity) {
  {
    MAILKEEP_TRY(reading, archive_.database().begin_read());
    MAILKEEP_TRY(newest, newest_head(reading->connection(), account, folder));
    if (is_same(newest, uidvalidity)) return with_cursor(reading->connection(), *std::move(newest));
  }
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  // Order: the head's lock before the second look, so that two openers of one folder see each
  // other.
  MAILKEEP_CHECKED(LogAppender(connection).lock_head());
  MAILKEEP_TRY(newest, newest_head(connection, account, folder));
  if (is_same(newest, uidvalidity)) return with_cursor(connection, *std::move(newest));
  EpochHead next;
  next.account = account;
  next.folder = folder;
  next.number = newest ? newest->number + 1 : 1;
  next.uidvalidity = uidvalidity;
  MAILKEEP_TRY(epoch, found_epoch(connection, archive_.clock().now(), std::move(next)));
  MAILKEEP_CHECKED(transaction->commit());
  return Epoch{std::move(epoch), {}};
}

Status Ledger::rename_epoch(EpochId epoch, std::string_view folder) {
  constexpr std::array<std::string_view, 4> kColumns = {"position", "epoch_id", "folder", "time"};
  const common::Micros now = archive_.clock().now();
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(head, lock_epoch(connection, epoch));
  if (head.folder == folder) return {};
  MAILKEEP_TRY(heads, read_heads(connection, head.account));
  LogAppender log(connection);
  // What the folder was under earlier UIDVALIDITYs goes with it, and stays its past.
  for (const EpochHead& one : heads) {
    if (one.folder != head.folder) continue;
    const RenameFact fact{one.id, folder, now};
    MAILKEEP_TRY(position, log.append(EntryKind::Renamed, now, std::nullopt, encode(fact)));
    const std::vector<Value> row = {number(position), number(one.id), blob(folder), now};
    MAILKEEP_CHECKED(connection.insert_rows("renames", kColumns, {&row, 1}));
    MAILKEEP_CHECKED(
        connection.execute("UPDATE epochs SET name = $1, named_position = $2 WHERE id = $3",
                           {blob(folder), number(position), number(one.id)}));
    if (one.id == epoch) break;
  }
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Result<std::set<std::string>> Ledger::failed_uidls(EpochId epoch) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::set<std::string> uidls;
  MAILKEEP_CHECKED(
      reading->connection().query("SELECT uidl FROM attempts WHERE epoch_id = $1 AND uid = 0",
                                  {number(epoch)}, [&](const Row& row) -> Status {
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
