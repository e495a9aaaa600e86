// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SqliteConnection: one SQLite handle, opened and owned through Poco::Data, with the statements
// that it has prepared. Statements run with SQLite's own calls:
// docs/decisions/0003-sqlite-statements.md.

#include <Poco/Data/Session.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "store/sql/database.h"

namespace mailkeep::store {

class SqliteConnection final : public Connection {
 public:
  enum class Use { Writer, Reader };

  // The file must be there. A Writer refuses a file system that cannot carry a WAL.
  static common::Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& file,
                                                                Use use);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  common::Result<std::int64_t> execute(std::string_view sql,
                                       std::span<const Value> parameters) override;
  common::Status query(std::string_view sql, std::span<const Value> parameters,
                       const RowVisitor& visit) override;
  common::Status insert_rows(std::string_view table, std::span<const std::string_view> columns,
                             std::span<const std::vector<Value>> rows, bool skip_existing) override;
  using Connection::execute;
  using Connection::query;

  bool is_in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  // Since the last BEGIN: what is half done must not be committed.
  bool has_failed() const { return has_failed_; }
  common::Status begin(std::string_view sql);

 private:
  struct Prepared {
    sqlite3_stmt* statement = nullptr;
    std::vector<int> slots;  // slots[n - 1] is SQLite's index of $n
  };

  SqliteConnection(std::filesystem::path file, Poco::Data::Session session, sqlite3* handle);
  common::Status configure(Use use);
  common::Status become_wal();
  common::Status expect_setting(std::string_view pragma, std::string_view wanted);
  common::Result<Prepared*> prepare(std::string_view sql);
  common::Status bind(const Prepared& prepared, std::span<const Value> parameters);
  common::Status step_to_end(const Prepared& prepared);
  tl::unexpected<common::Error> failure(int code);
  void forget_statements();

  std::filesystem::path file_;
  Poco::Data::Session session_;
  sqlite3* handle_;
  std::unordered_map<std::string, Prepared> statements_;
  bool has_failed_ = false;
};

}  // namespace mailkeep::store
