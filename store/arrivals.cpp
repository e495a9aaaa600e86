// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/arrivals.h"

#include <utility>
#include <vector>

#include "store/accounts.h"
#include "store/completeness.h"
#include "store/ledger_segments.h"
#include "store/sql/database.h"
#include "store/uid_set.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

Result<std::int64_t> log_size(Connection& connection) {
  std::int64_t size = 0;
  MAILKEEP_CHECKED(
      connection.query("SELECT size FROM log_head WHERE one = 1", {}, [&](const Row& row) {
        size = row.integer(0);
        return Status();
      }));
  return size;
}

Status add_from(Connection& connection, std::int64_t from, Arrivals::ByAccountAndDay& amounts) {
  return connection.query(
      "SELECT account_id, seen / $1, count(*), CAST(sum(size) AS BIGINT) FROM sightings "
      "WHERE position >= $2 GROUP BY account_id, seen / $1",
      {kMicrosPerDay, from}, [&amounts](const Row& row) {
        Amount& amount = amounts[{AccountId{row.integer(0)}, row.integer(1)}];
        amount.messages += static_cast<std::uint64_t>(row.integer(2));
        amount.bytes += static_cast<std::uint64_t>(row.integer(3));
        return Status();
      });
}

Status add_imap_gaps(Connection& connection, std::map<AccountId, std::uint64_t>& gaps) {
  return each_open(connection, std::nullopt, [&gaps](AccountId account, EpochId, UidSet&& open) {
    gaps[account] += open.size();
  });
}

}  // namespace

Result<Arrivals::ByAccountAndDay> Arrivals::by_day() {
  Counted counted = counted_.with([](const Counted& now) { return now; });
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  // Order: one snapshot gives both, so that nothing is counted twice or left out between them.
  MAILKEEP_TRY(size, log_size(reading->connection()));
  MAILKEEP_CHECKED(add_from(reading->connection(), counted.next_position, counted.amounts));
  counted.next_position = size;
  counted_.with([&](Counted& shared) {
    if (shared.next_position < counted.next_position) shared = counted;
  });
  return std::move(counted.amounts);
}

Result<std::map<AccountId, Amount>> Arrivals::totals() {
  MAILKEEP_TRY(amounts, by_day());
  std::map<AccountId, Amount> totals;
  for (const auto& [key, amount] : amounts) {
    Amount& total = totals[key.first];
    total.messages += amount.messages;
    total.bytes += amount.bytes;
  }
  return totals;
}

std::string date_of(Arrivals::Day day) {
  return common::rfc3339(day * kMicrosPerDay).substr(0, 10);
}

Result<std::map<AccountId, std::uint64_t>> count_gaps(Archive& archive) {
  std::map<AccountId, std::uint64_t> gaps;
  {
    MAILKEEP_TRY(reading, archive.database().begin_read());
    MAILKEEP_CHECKED(add_imap_gaps(reading->connection(), gaps));
  }
  MAILKEEP_TRY(accounts, Accounts(archive).list());
  for (const Account& account : accounts) {
    if (account.settings.protocol != Protocol::Pop3 || account.state == AccountState::Removed)
      continue;
    MAILKEEP_TRY(report, completeness(archive, {account.settings.name}));
    for (const FolderReport& folder : report.accounts.front().folders)
      gaps[account.id] += folder.gaps.size();
  }
  return gaps;
}

}  // namespace mailkeep::store
