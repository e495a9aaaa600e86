// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/component/store/store_fixture.h"

#include <sqlite3.h>
#include <stdlib.h>

#include <pqxx/pqxx>
#include <stdexcept>

#include "common/digest.h"
#include "common/encoding.h"

// libpqxx 6.4.5 forgets the result of a statement that found its connection broken, some hundred
// bytes for each lost connection. LeakSanitizer asks for this function by its name.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libpqxx-6.4.so";
}

namespace mailkeep::store {
namespace {

std::string cluster_url() {
  const char* url = std::getenv("MAILKEEP_TEST_POSTGRES");
  return url == nullptr ? "" : url;
}

void sqlite_sql(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  sqlite3_busy_timeout(handle, 10'000);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << (message == nullptr ? "" : message);
  sqlite3_free(message);
  ASSERT_EQ(sqlite3_close(handle), SQLITE_OK);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "mailkeep-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string postgres_url(std::string_view database) {
  const std::string url = cluster_url();
  if (database.empty() || url.empty()) return url;
  return url.substr(0, url.rfind('/') + 1) + std::string(database);
}

void postgres_sql(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  const pqxx::quiet_errorhandler quiet(connection);
  pqxx::nontransaction(connection).exec(sql);
}

void StoreTest::SetUp() {
  data_dir_ = TemporaryDirectory().path();  // a free name; open() makes the directory
  if (!is_sqlite()) {
    ASSERT_FALSE(cluster_url().empty())
        << "MAILKEEP_TEST_POSTGRES is not set: run under tests/support/with_postgres.py";
    const std::string name = "store_" + common::to_hex(common::random_bytes(6));
    postgres_sql(cluster_url(), "CREATE DATABASE " + name);
    url_ = postgres_url(name);
  }
  reopen();
}

void StoreTest::TearDown() {
  archive_.reset();
  if (!url_.empty())
    postgres_sql(cluster_url(),
                 "DROP DATABASE " + url_.substr(url_.rfind('/') + 1) + " WITH (FORCE)");
  std::error_code error;
  std::filesystem::remove_all(data_dir_, error);
}

void StoreTest::reopen(Access access) {
  archive_.reset();
  auto opened = open_another(access);
  ASSERT_TRUE(opened) << opened.error().text;
  archive_ = std::move(*opened);
}

common::Result<std::unique_ptr<Archive>> StoreTest::open_another(Access access) {
  return Archive::open({.url = url_, .data_dir = data_dir_, .access = access}, clock_);
}

void StoreTest::back_to_schema_2() {
  for (const char* index : {"epochs_by_name", "outcomes_by_epoch"})
    change(std::string("DROP INDEX ") + index);
  for (const char* table : {"covered_segments", "server_segments", "server_uidls", "states",
                            "renames", "deletions", "server_traits"})
    change(std::string("DROP TABLE ") + table);
  for (const char* column : {"name", "named_position", "listed", "rules"})
    change(std::string("ALTER TABLE epochs DROP COLUMN ") + column);
  change("ALTER TABLE claims DROP COLUMN mailbox_id");
  change("ALTER TABLE epochs ADD COLUMN covered TEXT NOT NULL DEFAULT ''");
  change(is_sqlite() ? "ALTER TABLE epochs ADD COLUMN server_set BLOB"
                     : "ALTER TABLE epochs ADD COLUMN server_set BYTEA");
  change("UPDATE meta SET value = '2' WHERE name = 'schema'");
}

void StoreTest::raw_sql(const std::string& sql) {
  if (is_sqlite())
    sqlite_sql(data_dir_ / "mailkeep.sqlite", sql);
  else
    postgres_sql(url_, sql);
}

std::int64_t StoreTest::change(std::string_view sql, std::initializer_list<Value> parameters) {
  auto transaction = database().begin_write();
  if (!transaction) throw std::runtime_error(transaction.error().text);
  const auto changed = (*transaction)->connection().execute(sql, parameters);
  if (!changed) throw std::runtime_error(changed.error().text);
  if (auto done = (*transaction)->commit(); !done) throw std::runtime_error(done.error().text);
  return *changed;
}

std::int64_t StoreTest::number_of(std::string_view sql, std::initializer_list<Value> parameters) {
  auto transaction = database().begin_read();
  if (!transaction) throw std::runtime_error(transaction.error().text);
  std::int64_t number = 0;
  const auto done = (*transaction)->connection().query(sql, parameters, [&](const Row& row) {
    number = row.integer(0);
    return common::Status();
  });
  if (!done) throw std::runtime_error(done.error().text);
  return number;
}

}  // namespace mailkeep::store
