// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/overview.h"

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

}  // namespace mailkeep::store
