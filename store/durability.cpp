// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/durability.h"

#include <fmt/format.h>

#include "store/sql/database.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

constexpr std::int64_t kSynchronousFull = 2;

// Asked of the writing connection: the setting is each connection's own.
Result<std::string> sqlite_weakness(Connection& connection) {
  std::int64_t synchronous = 0;
  std::string journal;
  MAILKEEP_CHECKED(connection.query("PRAGMA synchronous", {}, [&](const Row& row) {
    synchronous = row.integer(0);
    return Status();
  }));
  MAILKEEP_CHECKED(connection.query("PRAGMA journal_mode", {}, [&](const Row& row) {
    journal = row.text(0);
    return Status();
  }));
  if (synchronous < kSynchronousFull)
    return std::string("SQLite runs with synchronous below FULL, so that a crash could lose mail");
  if (journal == "off" || journal == "memory")
    return fmt::format("SQLite runs with journal_mode={}, so that a crash could lose mail",
                       journal);
  return std::string();
}

Result<std::string> postgres_weakness(Connection& connection) {
  std::string found;
  MAILKEEP_CHECKED(connection.query(
      "SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('fsync', "
      "'full_page_writes', 'synchronous_commit') AND setting IN ('off', 'local') ORDER BY name",
      {}, [&](const Row& row) {
        found += fmt::format("{}{}={}", found.empty() ? "" : ", ", row.text(0), row.text(1));
        return Status();
      }));
  if (found.empty()) return std::string();
  return fmt::format("PostgreSQL runs with {}, so that a crash could lose mail", found);
}

}  // namespace

Result<std::string> reduced_durability(Archive& archive) {
  Database& database = archive.database();
  MAILKEEP_TRY(transaction, database.begin_write());
  Connection& connection = transaction->connection();
  return database.engine() == "sqlite" ? sqlite_weakness(connection)
                                       : postgres_weakness(connection);
}

}  // namespace mailkeep::store
