// SPDX-License-Identifier: GPL-3.0-or-later
// What was done to archived messages on their server, and which are ripe for it.
#include <array>

#include "common/printable.h"
#include "store/ledger.h"
#include "store/ledger_deletions.h"
#include "store/ledger_epochs.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/log/state_facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

void apply(Deletions& deletions, std::string_view state, const UidSet& uids,
           const std::vector<std::string>& uidls) {
  const bool is_intended = state == name_of(DeletionState::Intended);
  const bool is_done = state == name_of(DeletionState::Done);
  deletions.intended.remove(uids);
  if (is_intended) deletions.intended.add(uids);
  if (is_done) deletions.done.add(uids);
  for (const std::string& uidl : uidls) {
    deletions.intended_uidls.erase(uidl);
    if (is_intended) deletions.intended_uidls.insert(uidl);
    if (is_done) deletions.done_uidls.insert(uidl);
  }
}

}  // namespace

Result<Deletions> read_deletions(Connection& connection, EpochId epoch) {
  Deletions deletions;
  MAILKEEP_CHECKED(connection.query(
      "SELECT state, uids, uidls FROM deletions WHERE epoch_id = $1 ORDER BY position",
      {number(epoch)}, [&](const Row& row) -> Status {
        const auto uids = UidSet::from_string(row.text(1));
        const auto uidls = decode_uidls(row.bytes(2));
        if (!uids || !uidls)
          return common::fail(ErrorKind::Corrupt,
                              "a deletion of epoch {} is damaged: run `mailkeep verify`",
                              number(epoch));
        apply(deletions, row.text(0), *uids, *uidls);
        return {};
      }));
  return deletions;
}

Status Ledger::record_deletion(const Deletion& deletion) {
  constexpr std::array<std::string_view, 7> kColumns = {"position", "epoch_id", "state", "uids",
                                                        "uidls",    "detail",   "time"};
  if (deletion.uids.empty() && deletion.uidls.empty()) return {};
  const common::Micros now = archive_.clock().now();
  const std::string uids = deletion.uids.to_string();
  const std::string uidls = encode_uidls(deletion.uidls);
  const std::string detail = common::printable(deletion.detail);
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(lock_epoch(connection, deletion.epoch));
  const DeletionFact fact{deletion.epoch, name_of(deletion.state), uids, uidls, detail, now};
  LogAppender log(connection);
  MAILKEEP_TRY(position, log.append(EntryKind::Deletion, now, std::nullopt, encode(fact)));
  const std::vector<Value> row = {number(position),
                                  number(deletion.epoch),
                                  std::string(fact.state),
                                  uids,
                                  blob(uidls),
                                  detail,
                                  now};
  MAILKEEP_CHECKED(connection.insert_rows("deletions", kColumns, {&row, 1}));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Result<Deletions> Ledger::deletions(EpochId epoch) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return read_deletions(reading->connection(), epoch);
}

Result<std::vector<Sighted>> Ledger::sighted(EpochId epoch, common::Micros until,
                                             std::optional<LogPosition> after, std::size_t limit) {
  std::vector<Sighted> found;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT s.position, s.uid, s.uidl, s.version, s.digest, s.seen, s.internal_date, "
      "s.announced_size FROM sightings s "
      "WHERE s.account_id = (SELECT account_id FROM epochs WHERE id = $1) AND s.epoch_id = $1 "
      "AND s.seen < $2 AND s.position > $3 AND (s.uid IS NULL OR NOT EXISTS (SELECT 1 FROM "
      "sightings n WHERE n.account_id = s.account_id AND n.epoch_id = s.epoch_id AND n.uid = s.uid "
      "AND n.version > s.version)) ORDER BY s.position LIMIT $4",
      {number(epoch), until, after ? number(*after) : std::int64_t{-1},
       static_cast<std::int64_t>(limit)},
      [&](const Row& row) -> Status {
        const auto content = common::Digest::from_bytes(row.bytes(4));
        if (!content)
          return common::fail(ErrorKind::Corrupt,
                              "the sighting at log position {} is damaged: run `mailkeep verify`",
                              row.integer(0));
        found.push_back({LogPosition{row.integer(0)}, static_cast<Uid>(row.integer(1)),
                         std::string(row.bytes(2)), static_cast<std::uint32_t>(row.integer(3)),
                         *content, row.integer(5), std::string(row.bytes(6)), std::nullopt});
        if (!row.is_null(7))
          found.back().announced_size = static_cast<std::uint64_t>(row.integer(7));
        return {};
      }));
  return found;
}

}  // namespace mailkeep::store
