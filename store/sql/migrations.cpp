// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/migrations.h"

#include <charconv>

#include "common/digest.h"
#include "common/encoding.h"
#include "store/sql/schema_0001.h"
#include "store/sql/schema_0002.h"
#include "store/sql/schema_0003.h"
#include "store/sql/segments_0003.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

Status create_schema_1(Connection& connection, const Dialect& dialect);
Status add_schema_2(Connection& connection, const Dialect& dialect);
Status add_schema_3(Connection& connection, const Dialect& dialect);

// Migration n brings schema n to n + 1.
using Migration = Status (*)(Connection&, const Dialect&);
constexpr std::array<Migration, kNewestSchema> kMigrations = {create_schema_1, add_schema_2,
                                                              add_schema_3};

std::string translated(std::string_view statement, const Dialect& dialect) {
  std::string sql(statement);
  const auto replace = [&sql](std::string_view word, std::string_view type) {
    for (auto at = sql.find(word); at != std::string::npos; at = sql.find(word, at + type.size()))
      sql.replace(at, word.size(), type);
  };
  replace("{blob}", dialect.blob);
  replace("{id}", dialect.id);
  return sql;
}

Status create_schema_1(Connection& connection, const Dialect& dialect) {
  for (const std::string_view statement : kSchema1)
    MAILKEEP_CHECKED(connection.execute(translated(statement, dialect)));
  for (const std::string_view statement : dialect.after_schema_1)
    MAILKEEP_CHECKED(connection.execute(statement));
  MAILKEEP_CHECKED(
      connection.execute("INSERT INTO log_head (one, size, frontier) VALUES (1, 0, $1)", {Blob{}}));
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO meta (name, value) VALUES ('schema', '1'), ('archive_id', $1)",
      {common::to_hex(common::random_bytes(16))}));
  return {};
}

Status add_schema_2(Connection& connection, const Dialect& dialect) {
  for (const std::string_view statement : kSchema2)
    MAILKEEP_CHECKED(connection.execute(translated(statement, dialect)));
  return {};
}

Status add_schema_3(Connection& connection, const Dialect& dialect) {
  for (const std::string_view statement : kSchema3Ledger)
    MAILKEEP_CHECKED(connection.execute(translated(statement, dialect)));
  for (const std::string_view statement : kSchema3Memory)
    MAILKEEP_CHECKED(connection.execute(translated(statement, dialect)));
  MAILKEEP_CHECKED(fill_segments(connection));
  for (const std::string_view statement : kSchema3LedgerEnd)
    MAILKEEP_CHECKED(connection.execute(translated(statement, dialect)));
  return {};
}

Result<std::optional<std::string>> find_meta(Connection& connection, std::string_view name) {
  std::optional<std::string> found;
  MAILKEEP_CHECKED(connection.query("SELECT value FROM meta WHERE name = $1 LIMIT 1",
                                    {std::string(name)}, [&](const Row& row) {
                                      found = row.text(0);
                                      return Status();
                                    }));
  return found;
}

// 0: there is nothing yet.
Result<std::int64_t> schema_version(Connection& connection, const Dialect& dialect) {
  std::int64_t tables = 0;
  MAILKEEP_CHECKED(connection.query(dialect.count_meta, {}, [&](const Row& row) {
    tables = row.integer(0);
    return Status();
  }));
  if (tables == 0) return 0;
  MAILKEEP_TRY(text, find_meta(connection, "schema"));
  const std::string digits = text.value_or("");
  std::int64_t version = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (version <= 0)
    return fail(ErrorKind::Conflict,
                "the database holds a table named meta that is not Mailkeep's: choose another "
                "database with --store");
  return version;
}

Status refuse_newer(std::int64_t version, std::string_view place) {
  if (version <= kNewestSchema) return {};
  return fail(ErrorKind::Conflict,
              "{} has schema {}, made by a newer Mailkeep, and this program knows schema {}: "
              "install the newer program",
              place, version, kNewestSchema);
}

Status migrate(Database& database, const Dialect& dialect, std::string_view place) {
  MAILKEEP_TRY(transaction, database.begin_write());
  Connection& connection = transaction->connection();
  if (!dialect.lock_migration.empty())
    MAILKEEP_CHECKED(
        connection.query(dialect.lock_migration, {}, [](const Row&) { return Status(); }));
  // Another process may have done the work while this one waited for the lock.
  MAILKEEP_TRY(version, schema_version(connection, dialect));
  MAILKEEP_CHECKED(refuse_newer(version, place));
  for (std::int64_t step = version; step < kNewestSchema; ++step) {
    MAILKEEP_CHECKED(kMigrations.at(static_cast<std::size_t>(step))(connection, dialect));
    MAILKEEP_CHECKED(connection.execute("UPDATE meta SET value = $1 WHERE name = 'schema'",
                                        {std::to_string(step + 1)}));
  }
  return transaction->commit();
}

}  // namespace

Status bring_up_to_date(Database& database, const Dialect& dialect, Access access,
                        std::string_view place) {
  std::int64_t version = 0;
  {
    MAILKEEP_TRY(transaction, database.begin_read());
    MAILKEEP_TRY(found, schema_version(transaction->connection(), dialect));
    version = found;
  }
  MAILKEEP_CHECKED(refuse_newer(version, place));
  if (version == kNewestSchema) return {};
  if (access == Access::ReadOnly && version == 0)
    return fail(ErrorKind::Config,
                "there is no archive at {} yet: make one by adding an account, with "
                "mailkeep account add",
                place);
  if (access == Access::ReadOnly)
    return fail(ErrorKind::Config,
                "{} has schema {} and must be brought to {}: let the archive's owner run "
                "mailkeep fetch once",
                place, version, kNewestSchema);
  return migrate(database, dialect, place);
}

Result<std::string> archive_id(Connection& connection) {
  MAILKEEP_TRY(id, find_meta(connection, "archive_id"));
  if (!id) return fail(ErrorKind::Corrupt, "the table meta has lost its row archive_id");
  return *id;
}

}  // namespace mailkeep::store
