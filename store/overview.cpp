// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/overview.h"

#include "common/clock.h"
#include "store/log/entry.h"
#include "store/sql/database.h"
#include "store/vault.h"

namespace mailkeep::store {

common::Result<Overview> overview(Archive& archive) {
  Overview result;
  result.engine = archive.database().engine();
  MAILKEEP_TRY(transaction, archive.database().begin_read());
  MAILKEEP_CHECKED(transaction->connection().query(
      "SELECT (SELECT value FROM meta WHERE name = 'schema'), "
      "(SELECT count(*) FROM accounts WHERE state <> 'removed'), "
      "(SELECT count(*) FROM contents), "
      "(SELECT count(*) FROM sightings), "
      "(SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM contents), "
      "(SELECT CAST(coalesce(sum(length(data)), 0) AS BIGINT) FROM chunks), "
      "(SELECT size FROM log_head WHERE one = 1) LIMIT 1",
      {}, [&result](const Row& row) -> common::Status {
        const auto count = [&row](int column) {
          return static_cast<std::uint64_t>(row.integer(column));
        };
        result.schema = row.text(0);
        result.accounts = count(1);
        result.messages = count(2);
        result.sightings = count(3);
        result.raw_bytes = count(4);
        result.stored_bytes = count(5);
        result.log_entries = count(6);
        return {};
      }));
  // A key that is lost or may not be read is for whoever needs a password, not for an overview.
  if (auto vault = Vault::open(archive.data_dir()); vault) result.secret_key_id = vault->key_id();
  return result;
}

common::Result<std::vector<GrowthDay>> growth(Archive& archive) {
  constexpr std::int64_t kDay = 86'400'000'000;  // microseconds
  std::vector<GrowthDay> days;
  MAILKEEP_TRY(transaction, archive.database().begin_read());
  MAILKEEP_CHECKED(transaction->connection().query(
      "SELECT seen / 86400000000, count(*), CAST(sum(size) AS BIGINT) FROM sightings "
      "WHERE kind = $1 GROUP BY 1 ORDER BY 1",
      {static_cast<std::int64_t>(EntryKind::Archived)}, [&days](const Row& row) -> common::Status {
        days.push_back({common::rfc3339(row.integer(0) * kDay).substr(0, 10),
                        static_cast<std::uint64_t>(row.integer(1)),
                        static_cast<std::uint64_t>(row.integer(2))});
        return {};
      }));
  return days;
}

}  // namespace mailkeep::store
