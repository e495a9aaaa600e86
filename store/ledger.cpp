// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger.h"

#include <array>
#include <optional>

#include "common/encoding.h"
#include "common/printable.h"
#include "store/ledger_epochs.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

// The last claim of the epoch as a fact with the time left out, to compare the next one with.
Result<std::optional<ClaimFact>> last_claim(Connection& connection, EpochId epoch) {
  std::optional<ClaimFact> last;
  MAILKEEP_CHECKED(connection.query(
      "SELECT c.exists_count, c.uidnext, c.highestmodseq, c.set_hash FROM epochs e "
      "JOIN claims c ON c.position = e.claim_position WHERE e.id = $1",
      {number(epoch)}, [&](const Row& row) -> Status {
        const auto hash = common::Digest::from_bytes(row.bytes(3));
        if (hash)
          last = ClaimFact{epoch,
                           static_cast<std::uint64_t>(row.integer(0)),
                           static_cast<std::uint32_t>(row.integer(1)),
                           static_cast<std::uint64_t>(row.integer(2)),
                           *hash,
                           0};
        return {};
      }));
  return last;
}

bool is_news(const std::optional<ClaimFact>& last, const ClaimFact& claim) {
  return !last || last->exists != claim.exists || last->uidnext != claim.uidnext ||
         last->highestmodseq != claim.highestmodseq || last->set_hash != claim.set_hash;
}

Result<LogPosition> write_claim(Connection& connection, LogAppender& log, const ClaimFact& fact) {
  constexpr std::array<std::string_view, 7> kColumns = {
      "position", "epoch_id", "exists_count", "uidnext", "highestmodseq", "set_hash", "time"};
  MAILKEEP_TRY(position, log.append(EntryKind::Claim, fact.time, std::nullopt, encode(fact)));
  const std::vector<Value> row = {number(position),
                                  number(fact.epoch),
                                  static_cast<std::int64_t>(fact.exists),
                                  std::int64_t{fact.uidnext},
                                  static_cast<std::int64_t>(fact.highestmodseq),
                                  blob(fact.set_hash.view()),
                                  fact.time};
  MAILKEEP_CHECKED(connection.insert_rows("claims", kColumns, {&row, 1}));
  return position;
}

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

Status Ledger::record_claim(const Claim& claim) {
  const std::string set = claim.uidls.empty() ? claim.uids.to_string() : encode_uidls(claim.uidls);
  const common::Micros now = archive_.clock().now();
  const ClaimFact fact{
      claim.epoch, claim.exists, claim.uidnext, claim.highestmodseq, common::Sha256::of(set), now};
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(lock_epoch(connection, claim.epoch));
  MAILKEEP_TRY(last, last_claim(connection, claim.epoch));
  if (!is_news(last, fact)) {
    MAILKEEP_CHECKED(connection.execute("UPDATE epochs SET checked = $1 WHERE id = $2",
                                        {now, number(claim.epoch)}));
    return transaction->commit();
  }
  LogAppender log(connection);
  MAILKEEP_TRY(position, write_claim(connection, log, fact));
  MAILKEEP_CHECKED(connection.execute(
      "UPDATE epochs SET server_set = $1, claim_position = $2, checked = $3 WHERE id = $4",
      {blob(set), number(position), now, number(claim.epoch)}));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

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
