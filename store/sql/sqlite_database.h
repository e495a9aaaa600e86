// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SqliteDatabase: the embedded engine. WAL, synchronous=FULL, one writing connection a process, a
// reading connection for each reader at work.

#include <filesystem>
#include <memory>
#include <vector>

#include "common/guarded.h"
#include "store/archive.h"
#include "store/sql/database.h"
#include "store/sql/sqlite_connection.h"
#include "store/sql/writer_queue.h"

namespace mailkeep::store {

class SqliteDatabase final : public Database {
 public:
  // Creates the file (0600) and the schema unless they are there or the access is ReadOnly.
  static common::Result<std::unique_ptr<Database>> open(const std::filesystem::path& file,
                                                        Access access);

  std::string_view engine() const override { return "sqlite"; }
  using Database::begin_write;
  common::Result<std::unique_ptr<Transaction>> begin_write(Urgency urgency) override;
  common::Result<std::unique_ptr<Transaction>> begin_read() override;
  common::Result<std::unique_ptr<Lock>> try_lock(std::string_view name) override;

 private:
  class WriteTransaction;
  class ReadTransaction;
  using Readers = std::vector<std::unique_ptr<SqliteConnection>>;

  SqliteDatabase(std::filesystem::path file, std::unique_ptr<SqliteConnection> writer)
      : file_(std::move(file)), writer_(std::move(writer)) {}
  common::Result<std::unique_ptr<SqliteConnection>> lease_reader();
  void give_back_reader(std::unique_ptr<SqliteConnection> reader);

  std::filesystem::path file_;
  // Order: the readers close before the writer, whose closing moves the WAL into the database.
  std::unique_ptr<SqliteConnection> writer_;  // none under ReadOnly
  common::Guarded<Readers> readers_;
  WriterQueue queue_;  // for the writer
};

}  // namespace mailkeep::store
