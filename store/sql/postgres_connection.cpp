// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/postgres_connection.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "store/sql/postgres_error.h"
#include "store/sql/values.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

// Every statement has an end; a lock is waited for as long as SQLite waits for its writer. Cursors
// here are read to their end, so the planner must not favour the first tenth of the rows.
constexpr const char* kSettings =
    "SET statement_timeout = '300s'; SET lock_timeout = '30s'; SET synchronous_commit = on; "
    "SET standard_conforming_strings = on; SET bytea_output = hex; SET client_encoding = 'UTF8'; "
    "SET client_min_messages = warning; SET cursor_tuple_fraction = 1; SET jit = off";

constexpr std::size_t kMaxStatements = 256;

// A query is fetched in pieces: 8 rows first, because a row may hold 1 MiB and comes in hex, then
// as many as make about 4 MiB by the size of those before.
constexpr std::size_t kFirstPiece = 8;
constexpr std::size_t kLargestPiece = 4096;
constexpr std::size_t kPieceBytes = 4U << 20U;

// One INSERT takes up to 128 rows or 4 MiB; the protocol allows 65,535 parameters.
constexpr std::array<std::size_t, 3> kInsertRows = {128, 16, 1};
constexpr std::size_t kMaxParameters = 65'535;

constexpr pqxx::oid kByteaType = 17;

std::size_t size_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return sizeof(std::int64_t);
}

// libpqxx takes lists of parameters of one type only when their number is known at run time. Its
// own carrier of mixed ones is filled by hand, and is copied as it is when it is given as const.
class Parameters {
 public:
  void add(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      add_text(std::to_string(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      add_text(*text);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      note(blob->bytes.size(), true, true);
      carrier_.bin_strings.emplace_back(blob->bytes.data(), blob->bytes.size());
    } else {
      note(0, false, false);
    }
  }
  const pqxx::internal::params& get() const { return carrier_; }

 private:
  void add_text(std::string text) {
    note(text.size(), true, false);
    carrier_.strings.push_back(std::move(text));
  }
  void note(std::size_t size, bool is_there, bool is_binary) {
    carrier_.lengths.push_back(static_cast<int>(size));
    carrier_.nonnulls.push_back(is_there ? 1 : 0);
    carrier_.binaries.push_back(is_binary ? 1 : 0);
  }
  pqxx::internal::params carrier_;
};

std::uint8_t hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint8_t>(digit - '0');
  return static_cast<std::uint8_t>((digit | 0x20) - 'a' + 10);
}

class PostgresRow final : public Row {
 public:
  explicit PostgresRow(const pqxx::result& result)
      : result_(result), decoded_(static_cast<std::size_t>(result.columns())) {}

  void go_to(pqxx::result::size_type row) {
    row_ = row;
    for (Cell& cell : decoded_) cell.is_decoded = false;
  }

  bool is_null(int column) const override { return field(column).is_null(); }
  std::int64_t integer(int column) const override {
    const std::string_view digits = raw(column);
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
  }
  std::string_view text(int column) const override { return bytes(column); }
  std::string_view bytes(int column) const override {
    const std::string_view written = raw(column);
    const bool is_hex = field(column).type() == kByteaType && written.starts_with("\\x");
    return is_hex ? decoded(column, written.substr(2)) : written;
  }

 private:
  struct Cell {
    bool is_decoded = false;
    std::string bytes;
  };

  pqxx::field field(int column) const { return result_[row_][column]; }
  std::string_view raw(int column) const {
    const pqxx::field found = field(column);
    if (found.is_null()) return {};
    return {found.c_str(), found.size()};
  }
  std::string_view decoded(int column, std::string_view hex) const {
    Cell& cell = decoded_.at(static_cast<std::size_t>(column));
    if (cell.is_decoded) return cell.bytes;
    cell.bytes.resize(hex.size() / 2);
    for (std::size_t i = 0; i < cell.bytes.size(); ++i)
      cell.bytes[i] = static_cast<char>(hex_value(hex[2 * i]) * 16U + hex_value(hex[2 * i + 1]));
    cell.is_decoded = true;
    return cell.bytes;
  }

  const pqxx::result& result_;
  pqxx::result::size_type row_ = 0;
  mutable std::vector<Cell> decoded_;
};

Status visit_all(const pqxx::result& result, const RowVisitor& visit) {
  PostgresRow row(result);
  for (pqxx::result::size_type i = 0; i < result.size(); ++i) {
    row.go_to(i);
    MAILKEEP_CHECKED(visit(row));
  }
  return {};
}

std::size_t bytes_of(const pqxx::result& result) {
  std::size_t bytes = 0;
  for (const auto& row : result)
    for (const auto& field : row) bytes += field.size();
  return bytes;
}

std::size_t next_piece(std::size_t rows, std::size_t bytes) {
  const std::size_t per_row = std::max<std::size_t>(bytes / rows, 1);
  return std::clamp(kPieceBytes / per_row, std::size_t{1}, std::min(rows * 8, kLargestPiece));
}

// A cursor costs two round trips more: what gives one row anyway does without.
bool needs_cursor(std::string_view sql) {
  return sql.starts_with("SELECT") && !sql.ends_with("LIMIT 1") &&
         !sql.starts_with("SELECT count(*)");
}

std::size_t count_fitting(std::span<const std::vector<Value>> rows, std::size_t columns) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  const std::size_t most = std::max<std::size_t>(kMaxParameters / columns, 1);
  for (; count < rows.size() && count < most && bytes < kPieceBytes; ++count)
    for (const Value& value : rows[count]) bytes += size_of(value);
  return count;
}

}  // namespace

Result<std::unique_ptr<PostgresSession>> PostgresSession::connect(const PostgresUrl& url) {
  std::unique_ptr<PostgresSession> session;
  try {
    session.reset(new PostgresSession(url));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return tl::unexpected(connect_error(url, error));
  }
  MAILKEEP_CHECKED(guarded(url, [&]() -> Status {
    pqxx::nontransaction(session->link_).exec(kSettings);
    return {};
  }));
  return session;
}

PostgresSession::PostgresSession(const PostgresUrl& url)
    : url_(&url), link_(url.connection), quiet_(link_) {
  // A connection that libpqxx revived behind our back would have lost its settings, and with them
  // the deadlines and, in a Lock, the lock. The call is deprecated because later versions never
  // revive one.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  link_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

const std::string& PostgresSession::prepared(const std::string& sql) {
  if (const auto found = names_.find(sql); found != names_.end()) return found->second;
  const std::string name = "s" + std::to_string(names_.size());
  link_.prepare(name, sql);
  return names_.emplace(sql, name).first->second;
}

bool PostgresSession::is_reusable() const {
  return link_.is_open() && names_.size() < kMaxStatements;
}

Result<pqxx::result> PostgresConnection::run_simple(const std::string& sql) {
  auto result =
      guarded(session_.url(), [&]() -> Result<pqxx::result> { return transaction_.exec(sql); });
  has_failed_ = has_failed_ || !result;
  return result;
}

Result<pqxx::result> PostgresConnection::run(const std::string& sql,
                                             std::span<const Value> parameters) {
  if (parameters.empty()) return run_simple(sql);
  MAILKEEP_CHECKED(check_texts(parameters));
  auto result = guarded(session_.url(), [&]() -> Result<pqxx::result> {
    Parameters list;
    for (const Value& value : parameters) list.add(value);
    return transaction_.exec_prepared(session_.prepared(sql), list.get());
  });
  has_failed_ = has_failed_ || !result;
  return result;
}

Result<std::int64_t> PostgresConnection::execute(std::string_view sql,
                                                 std::span<const Value> parameters) {
  MAILKEEP_TRY(result, run(std::string(sql), parameters));
  return static_cast<std::int64_t>(result.affected_rows());
}

Status PostgresConnection::query(std::string_view sql, std::span<const Value> parameters,
                                 const RowVisitor& visit) {
  if (!needs_cursor(sql)) {
    MAILKEEP_TRY(result, run(std::string(sql), parameters));
    return visit_all(result, visit);
  }
  MAILKEEP_CHECKED(run("DECLARE rows NO SCROLL CURSOR FOR " + std::string(sql), parameters));
  std::size_t asked = kFirstPiece;
  for (;;) {
    MAILKEEP_TRY(piece, run_simple(fmt::format("FETCH FORWARD {} FROM rows", asked)));
    const auto got = static_cast<std::size_t>(piece.size());
    if (auto visited = visit_all(piece, visit); !visited) {
      MAILKEEP_CHECKED(run_simple("CLOSE rows"));
      return visited;
    }
    if (got < asked) break;
    asked = next_piece(got, bytes_of(piece));
  }
  MAILKEEP_CHECKED(run_simple("CLOSE rows"));
  return {};
}

Status PostgresConnection::insert_rows(std::string_view table,
                                       std::span<const std::string_view> columns,
                                       std::span<const std::vector<Value>> rows,
                                       bool skip_existing) {
  while (!rows.empty()) {
    const std::size_t fitting = count_fitting(rows, columns.size());
    // Few different numbers of rows, so that few different statements are prepared.
    const std::size_t count = *std::find_if(kInsertRows.begin(), kInsertRows.end(),
                                            [&](std::size_t size) { return size <= fitting; });
    std::vector<Value> values;
    values.reserve(count * columns.size());
    for (const auto& row : rows.first(count)) values.insert(values.end(), row.begin(), row.end());
    MAILKEEP_CHECKED(run(insert_statement(table, columns, count, skip_existing), values));
    rows = rows.subspan(count);
  }
  return {};
}

}  // namespace mailkeep::store
