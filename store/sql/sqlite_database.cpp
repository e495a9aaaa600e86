// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/sqlite_database.h"

#include <chrono>
#include <system_error>

#include "common/log.h"
#include "common/printable.h"
#include "store/private_files.h"
#include "store/sql/file_lock.h"
#include "store/sql/migrations.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr auto kWriterWait = std::chrono::seconds(30);
// As many as a service usually has readers at once; more are opened and closed as needed.
constexpr std::size_t kIdleReaders = 4;

constexpr Dialect kDialect = {
    .blob = "BLOB",
    .id = "INTEGER",
    .count_meta = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'",
    .lock_migration = "",
    .after_schema_1 = {},
};

}  // namespace

class SqliteDatabase::WriteTransaction final : public Transaction {
 public:
  explicit WriteTransaction(SqliteDatabase& database) : database_(database) {}
  ~WriteTransaction() override {
    // A full disk makes SQLite roll back by itself; then there is nothing left to do.
    if (database_.writer_->is_in_transaction()) {
      if (auto done = database_.writer_->execute("ROLLBACK"); !done)
        common::log(common::LogLevel::Error, "store.sqlite.rollback_failed",
                    {{"error", done.error().text}});
    }
    database_.queue_.give_back();
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  Connection& connection() override { return *database_.writer_; }
  Status commit() override {
    if (database_.writer_->has_failed())
      return fail(ErrorKind::Database, "a statement failed, so that nothing was written to {}",
                  common::printable(database_.file_.native()));
    MAILKEEP_CHECKED(database_.writer_->execute("COMMIT"));
    return {};
  }

 private:
  SqliteDatabase& database_;
};

class SqliteDatabase::ReadTransaction final : public Transaction {
 public:
  ReadTransaction(SqliteDatabase& database, std::unique_ptr<SqliteConnection> reader)
      : database_(database), reader_(std::move(reader)) {}
  ~ReadTransaction() override {
    // A reader that cannot leave its snapshot is closed instead of being used again.
    if (!reader_->is_in_transaction() || reader_->execute("ROLLBACK"))
      database_.give_back_reader(std::move(reader_));
  }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  Connection& connection() override { return *reader_; }
  Status commit() override {
    MAILKEEP_CHECKED(reader_->execute("COMMIT"));
    return {};
  }

 private:
  SqliteDatabase& database_;
  std::unique_ptr<SqliteConnection> reader_;
};

Result<std::unique_ptr<Database>> SqliteDatabase::open(const std::filesystem::path& file,
                                                       Access access) {
  const std::string place = common::printable(file.native());
  std::error_code error;
  if (access == Access::ReadOnly && !std::filesystem::exists(file, error))
    return fail(ErrorKind::Config,
                "there is no archive at {} yet: make one by adding an account, with "
                "mailkeep account add",
                place);
  std::unique_ptr<SqliteConnection> writer;
  if (access == Access::ReadWrite) {
    MAILKEEP_CHECKED(make_private_directory(file.parent_path()));
    MAILKEEP_CHECKED(make_private_file(file));
    MAILKEEP_TRY(opened, SqliteConnection::open(file, SqliteConnection::Use::Writer));
    writer = std::move(opened);
  }
  auto database = std::unique_ptr<SqliteDatabase>(new SqliteDatabase(file, std::move(writer)));
  MAILKEEP_CHECKED(bring_up_to_date(*database, kDialect, access, place));
  return database;
}

Result<std::unique_ptr<Transaction>> SqliteDatabase::begin_write(Urgency urgency) {
  if (writer_ == nullptr)
    return fail(ErrorKind::Config, "{} was opened for reading only",
                common::printable(file_.native()));
  if (!queue_.take(urgency, kWriterWait))
    return fail(ErrorKind::Busy,
                "another part of this program has been writing to {} for 30 s: try again later",
                common::printable(file_.native()));
  auto begun = writer_->begin("BEGIN IMMEDIATE");
  if (!begun) {
    queue_.give_back();
    return tl::unexpected(std::move(begun).error());
  }
  return std::make_unique<WriteTransaction>(*this);
}

Result<std::unique_ptr<Transaction>> SqliteDatabase::begin_read() {
  MAILKEEP_TRY(reader, lease_reader());
  auto transaction = std::make_unique<ReadTransaction>(*this, std::move(reader));
  // BEGIN alone takes no snapshot: the first read does.
  MAILKEEP_CHECKED(transaction->connection().execute("BEGIN"));
  MAILKEEP_CHECKED(transaction->connection().execute("SELECT count(*) FROM sqlite_schema"));
  return transaction;
}

Result<std::unique_ptr<Database::Lock>> SqliteDatabase::try_lock(std::string_view name) {
  return FileLock::take(file_.native() + ".locks", name);
}

Result<std::unique_ptr<SqliteConnection>> SqliteDatabase::lease_reader() {
  auto idle = readers_.with([](Readers& readers) {
    std::unique_ptr<SqliteConnection> reader;
    if (!readers.empty()) {
      reader = std::move(readers.back());
      readers.pop_back();
    }
    return reader;
  });
  if (idle != nullptr) return idle;
  return SqliteConnection::open(file_, SqliteConnection::Use::Reader);
}

void SqliteDatabase::give_back_reader(std::unique_ptr<SqliteConnection> reader) {
  readers_.with([&reader](Readers& readers) {
    if (readers.size() < kIdleReaders) readers.push_back(std::move(reader));
  });
}

}  // namespace mailkeep::store
