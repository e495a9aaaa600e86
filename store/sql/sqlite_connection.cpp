// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/sqlite_connection.h"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Exception.h>

#include <charconv>
#include <chrono>
#include <mutex>
#include <thread>

#include "common/check.h"
#include "common/deadline.h"
#include "common/printable.h"
#include "store/sql/values.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr int kBusyMilliseconds = 30'000;
// Enough for every statement of the store; a bulk load has one text for each table.
constexpr std::size_t kMaxStatements = 256;

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return ErrorKind::Disk;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::Busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::Corrupt;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorKind::Config;
    default:
      return ErrorKind::Database;
  }
}

std::string_view advice_for(ErrorKind kind) {
  if (kind == ErrorKind::Disk) return "make room on the disk, or examine it";
  if (kind == ErrorKind::Busy) return "another process has been writing for 30 s, try again later";
  if (kind == ErrorKind::Corrupt) return "stop using it, copy it aside and run mailkeep verify";
  if (kind == ErrorKind::Config) return "check its rights and those of its directory";
  return "try again later";
}

// SQLite's URI form takes a path with any bytes in it.
std::string uri_of(const std::filesystem::path& file, std::string_view mode) {
  std::string uri = "file:";
  for (const char byte : file.native()) {
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '/' || byte == '.' || byte == '-' ||
                       byte == '_';
    if (plain)
      uri += byte;
    else
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(byte));
  }
  return fmt::format("{}?mode={}", uri, mode);
}

// What SQLite sorts beyond its memory holds evidence: it stays beside the first database opened,
// not in /tmp. SQLite reads the variable without a lock, so it is set once, before any connection.
void prepare_process(const std::filesystem::path& file) {
  static std::once_flag once;
  std::call_once(once, [&file] {
    Poco::Data::SQLite::Connector::registerConnector();
    const auto directory = std::filesystem::absolute(file).parent_path();
    sqlite3_temp_directory = sqlite3_mprintf("%s", directory.c_str());
  });
}

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view text(int column) const override { return bytes(column); }
  std::string_view bytes(int column) const override {
    // An empty value has no address; the pointer must be asked for before the length.
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  sqlite3_stmt* statement_;
};

// Gives the statement back for its next use, whatever happened.
class StatementUse final {
 public:
  explicit StatementUse(sqlite3_stmt* statement) : statement_(statement) {}
  ~StatementUse() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;

 private:
  sqlite3_stmt* statement_;
};

int bind_value(sqlite3_stmt* statement, int slot, const Value& value) {
  // The values outlive the step, so that nothing is copied (SQLITE_STATIC is a null pointer).
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, slot, *number);
  if (const auto* text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, slot, text->data(), text->size(), nullptr, SQLITE_UTF8);
  if (const auto* blob = std::get_if<Blob>(&value))
    return sqlite3_bind_blob64(statement, slot, blob->bytes.data(), blob->bytes.size(), nullptr);
  return sqlite3_bind_null(statement, slot);
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& file,
                                                                 Use use) {
  prepare_process(file);
  try {
    const std::string_view mode = use == Use::Writer ? "rw" : "ro";
    Poco::Data::Session session(Poco::Data::SQLite::Connector::KEY, uri_of(file, mode));
    sqlite3* const handle = Poco::Data::SQLite::Utility::dbHandle(session);
    auto connection =
        std::unique_ptr<SqliteConnection>(new SqliteConnection(file, std::move(session), handle));
    MAILKEEP_CHECKED(connection->configure(use));
    return connection;
  } catch (const Poco::Exception& error) {
    return fail(ErrorKind::Config,
                "cannot open {}: {}; check its rights and those of its directory",
                common::printable(file.native()), common::printable(error.displayText()));
  }
}

SqliteConnection::SqliteConnection(std::filesystem::path file, Poco::Data::Session session,
                                   sqlite3* handle)
    : file_(std::move(file)), session_(std::move(session)), handle_(handle) {}

SqliteConnection::~SqliteConnection() {
  // Order: SQLite does not close a handle that still has statements.
  forget_statements();
}

Status SqliteConnection::configure(Use use) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyMilliseconds);
  MAILKEEP_CHECKED(execute("PRAGMA trusted_schema = OFF"));
  MAILKEEP_CHECKED(execute("PRAGMA cell_size_check = ON"));
  if (use == Use::Reader) return {};

  MAILKEEP_CHECKED(become_wal());
  MAILKEEP_CHECKED(execute("PRAGMA synchronous = FULL"));
  MAILKEEP_CHECKED(expect_setting("synchronous", "2"));
  // 16 MiB of log between checkpoints: a checkpoint costs two flushes, and a batch is some MiB.
  MAILKEEP_CHECKED(execute("PRAGMA wal_autocheckpoint = 4000"));
  MAILKEEP_CHECKED(execute("PRAGMA journal_size_limit = 67108864"));
  MAILKEEP_CHECKED(execute("PRAGMA cache_size = -16384"));
  return {};
}

Status SqliteConnection::become_wal() {
  // The change to WAL answers BUSY at once while another process makes the same change, without
  // asking the busy handler, and there is nothing to wait on: this is the one place that polls.
  const auto deadline = common::Deadline::in(std::chrono::milliseconds(kBusyMilliseconds));
  for (;;) {
    const auto changed = execute("PRAGMA journal_mode = WAL");
    if (changed) return expect_setting("journal_mode", "wal");
    if (changed.error().kind != ErrorKind::Busy || deadline.has_passed())
      return tl::unexpected(changed.error());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Status SqliteConnection::expect_setting(std::string_view pragma, std::string_view wanted) {
  std::string found;
  MAILKEEP_CHECKED(query(fmt::format("PRAGMA {}", pragma), {}, [&](const Row& row) {
    found = row.text(0);
    return Status();
  }));
  if (found == wanted) return {};
  return fail(ErrorKind::Config,
              "SQLite refuses {} = {} for {}, without which a crash could lose mail: put the "
              "database on a local file system",
              pragma, wanted, common::printable(file_.native()));
}

Status SqliteConnection::begin(std::string_view sql) {
  has_failed_ = false;
  MAILKEEP_CHECKED(execute(sql));
  return {};
}

Result<std::int64_t> SqliteConnection::execute(std::string_view sql,
                                               std::span<const Value> parameters) {
  MAILKEEP_TRY(prepared, prepare(sql));
  const StatementUse use(prepared->statement);
  MAILKEEP_CHECKED(bind(*prepared, parameters));
  const auto before = sqlite3_total_changes64(handle_);
  MAILKEEP_CHECKED(step_to_end(*prepared));
  return sqlite3_total_changes64(handle_) - before;
}

Status SqliteConnection::query(std::string_view sql, std::span<const Value> parameters,
                               const RowVisitor& visit) {
  MAILKEEP_TRY(prepared, prepare(sql));
  const StatementUse use(prepared->statement);
  MAILKEEP_CHECKED(bind(*prepared, parameters));
  const SqliteRow row(prepared->statement);
  for (;;) {
    const int code = sqlite3_step(prepared->statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return failure(code);
    MAILKEEP_CHECKED(visit(row));
  }
}

Status SqliteConnection::insert_rows(std::string_view table,
                                     std::span<const std::string_view> columns,
                                     std::span<const std::vector<Value>> rows, bool skip_existing) {
  if (rows.empty()) return {};
  MAILKEEP_TRY(prepared, prepare(insert_statement(table, columns, 1, skip_existing)));
  const StatementUse use(prepared->statement);
  for (const std::vector<Value>& row : rows) {
    MAILKEEP_CHECKED(bind(*prepared, row));
    MAILKEEP_CHECKED(step_to_end(*prepared));
    sqlite3_reset(prepared->statement);
  }
  return {};
}

Result<SqliteConnection::Prepared*> SqliteConnection::prepare(std::string_view sql) {
  std::string key(sql);
  if (const auto found = statements_.find(key); found != statements_.end()) return &found->second;

  if (statements_.size() >= kMaxStatements) forget_statements();
  Prepared prepared;
  const int code = sqlite3_prepare_v3(handle_, key.c_str(), static_cast<int>(key.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &prepared.statement, nullptr);
  if (code != SQLITE_OK) return failure(code);
  MAILKEEP_CHECK(prepared.statement != nullptr);
  // SQLite takes $1 for a name and numbers the names in the order in which it meets them.
  const int count = sqlite3_bind_parameter_count(prepared.statement);
  prepared.slots.assign(static_cast<std::size_t>(count), 0);
  for (int slot = 1; slot <= count; ++slot) {
    const std::string_view name = sqlite3_bind_parameter_name(prepared.statement, slot);
    std::size_t number = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), number);
    MAILKEEP_CHECK(number >= 1 && number <= prepared.slots.size());
    prepared.slots[number - 1] = slot;
  }
  return &statements_.emplace(std::move(key), std::move(prepared)).first->second;
}

Status SqliteConnection::bind(const Prepared& prepared, std::span<const Value> parameters) {
  MAILKEEP_CHECK(parameters.size() == prepared.slots.size());
  MAILKEEP_CHECKED(check_texts(parameters));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const int code = bind_value(prepared.statement, prepared.slots[i], parameters[i]);
    if (code != SQLITE_OK) return failure(code);
  }
  return {};
}

Status SqliteConnection::step_to_end(const Prepared& prepared) {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(prepared.statement);
  if (code != SQLITE_DONE) return failure(code);
  return {};
}

tl::unexpected<common::Error> SqliteConnection::failure(int code) {
  has_failed_ = true;
  const ErrorKind kind = kind_of(code);
  return fail(kind, "{}: {} (SQLite {}); {}", common::printable(file_.native()),
              common::printable(sqlite3_errmsg(handle_)), code, advice_for(kind));
}

void SqliteConnection::forget_statements() {
  for (const auto& [sql, prepared] : statements_) sqlite3_finalize(prepared.statement);
  statements_.clear();
}

}  // namespace mailkeep::store
