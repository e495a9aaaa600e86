// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The thin seam over the two engines. SQL is written once, in the dialect both share, with $1, $2
// ... for parameters; what differs (DDL types, bulk load, locking) is the driver's. Private to
// store/.
//
// A Connection belongs to one thread at a time and gives itself back when it goes out of scope.
// No exception of Poco or libpqxx leaves a driver: each becomes an Error (Database, Disk on a full
// or failing disk, Busy after 30 s of waiting for the writer, Corrupt on a damaged file).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/result.h"

namespace mailkeep::store {

// Names and UIDLs from the wire are Blob: they may hold any byte. An empty Blob is not NULL.
struct Blob {
  std::string bytes;
};
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;

// A row being read; views are valid until the callback returns.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;    // 0 for NULL
  virtual std::string_view text(int column) const = 0;   // "" for NULL
  virtual std::string_view bytes(int column) const = 0;  // "" for NULL
};

using RowVisitor = std::function<common::Status(const Row&)>;

class Connection {
 public:
  virtual ~Connection() = default;

  // Runs one statement; the number of rows changed.
  virtual common::Result<std::int64_t> execute(std::string_view sql,
                                               std::span<const Value> parameters) = 0;
  common::Result<std::int64_t> execute(std::string_view sql,
                                       std::initializer_list<Value> parameters = {}) {
    return execute(sql, std::span(parameters.begin(), parameters.size()));
  }

  // Rows in order, streamed: memory stays bounded however many there are. The visitor must not use
  // this connection. Stops at the visitor's first error and returns it.
  virtual common::Status query(std::string_view sql, std::span<const Value> parameters,
                               const RowVisitor& visit) = 0;
  common::Status query(std::string_view sql, std::initializer_list<Value> parameters,
                       const RowVisitor& visit) {
    return query(sql, std::span(parameters.begin(), parameters.size()), visit);
  }

  // Bulk load. Each row has as many values as there are columns. With skip_existing, rows whose
  // primary key is there already are left out without an error (ON CONFLICT DO NOTHING).
  virtual common::Status insert_rows(std::string_view table,
                                     std::span<const std::string_view> columns,
                                     std::span<const std::vector<Value>> rows,
                                     bool skip_existing = false) = 0;
};

// A write transaction: SQLite BEGIN IMMEDIATE on the one writing connection of the process,
// PostgreSQL BEGIN (READ COMMITTED). Rolled back unless commit() returned success. When commit()
// fails the outcome may be unknown (PostgreSQL, line cut): the caller must look, not repeat.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Connection& connection() = 0;
  virtual common::Status commit() = 0;
};

// Who goes first where there is one writer (SQLite). Interactive: somebody waits for the answer.
// PostgreSQL, where writers do not wait for each other, takes no notice.
enum class Urgency { Interactive, Bulk };

class Database {
 public:
  virtual ~Database() = default;
  virtual std::string_view engine() const = 0;  // "sqlite" or "postgresql"

  // Bulk writers come in the order in which they asked, Interactive ones before them; after eight
  // of those in a row a waiting bulk writer has its turn.
  virtual common::Result<std::unique_ptr<Transaction>> begin_write(Urgency urgency) = 0;
  common::Result<std::unique_ptr<Transaction>> begin_write() { return begin_write(Urgency::Bulk); }
  // A snapshot that no writer disturbs and that disturbs no writer (SQLite WAL read transaction,
  // PostgreSQL REPEATABLE READ READ ONLY).
  virtual common::Result<std::unique_ptr<Transaction>> begin_read() = 0;

  // An exclusive lock by name that dies with this process or connection; see lease.h.
  class Lock {
   public:
    virtual ~Lock() = default;
    virtual bool is_held() = 0;
  };
  virtual common::Result<std::unique_ptr<Lock>> try_lock(std::string_view name) = 0;
};

}  // namespace mailkeep::store
