// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/postgres_error.h"

#include <pqxx/pqxx>

#include <algorithm>
#include <string>

#include "common/printable.h"

namespace mailkeep::store {
namespace {

using common::Error;
using common::ErrorKind;

// The first line: what follows (DETAIL, CONTEXT) repeats values of the row.
std::string first_line(const PostgresUrl& url, std::string_view text) {
  for (const std::string_view prefix : {"ERROR:  ", "FATAL:  "})
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return common::printable(
      url.without_secrets(std::string(text.substr(0, std::min(text.find('\n'), text.size())))));
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Error make(ErrorKind kind, const PostgresUrl& url, std::string_view what, std::string_view advice) {
  return {kind, fmt::format("{}: {}; {}", url.shown, what, advice)};
}

// PostgreSQL 15, appendix A: classes and codes that decide what to do next.
Error by_code(const PostgresUrl& url, std::string_view code, std::string_view what) {
  if (code == "53100" || code == "58030")
    return make(ErrorKind::Disk, url, what, "make room on the database server's disk");
  if (code == "55P03" || code == "40001" || code == "40P01")
    return make(ErrorKind::Busy, url, what, "another process is writing, try again later");
  if (code == "XX001" || code == "XX002")
    return make(ErrorKind::Corrupt, url, what, "stop using the database and have it examined");
  if (code == "42501" || code == "25006")
    return make(ErrorKind::Config, url, what,
                "grant the right, or give the address of another role");
  return make(ErrorKind::Database, url, what, "look into the database server's log");
}

template <class Exception>
bool is(const std::exception& error) {
  return dynamic_cast<const Exception*>(&error) != nullptr;
}

// libpqxx 6.4 keeps the server's code for itself where it has an exception of its own for it.
std::string_view code_of(const std::exception& error) {
  if (is<pqxx::serialization_failure>(error)) return "40001";
  if (is<pqxx::deadlock_detected>(error)) return "40P01";
  if (is<pqxx::insufficient_privilege>(error)) return "42501";
  if (is<pqxx::disk_full>(error)) return "53100";
  const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error);
  return sql == nullptr ? std::string_view() : sql->sqlstate();
}

}  // namespace

Error connect_error(const PostgresUrl& url, const std::exception& error) {
  const std::string_view text = error.what();
  const bool has_tried =
      holds(text, "server") || holds(text, "host name") || holds(text, "timeout");
  // libpq repeats the address, password and all, when it cannot take it apart.
  if (!has_tried)
    return make(ErrorKind::Config, url, "the address cannot be understood",
                "write postgresql://user:password@host:port/database");
  const std::string what = first_line(url, text);
  if (holds(text, "database") && holds(text, "does not exist"))
    return make(ErrorKind::Config, url, what,
                "let a database administrator run: createdb --encoding=UTF8 --template=template0 "
                "--owner=ROLE DATABASE");
  if (holds(text, "role") && holds(text, "does not exist"))
    return make(ErrorKind::Config, url, what,
                "let a database administrator run: createuser --pwprompt ROLE");
  if (holds(text, "authentication failed") || holds(text, "no password supplied") ||
      holds(text, "pg_hba.conf") || holds(text, "permission denied"))
    return make(ErrorKind::Config, url, what, "check the user and the password in --store");
  return make(ErrorKind::Database, url, what, "start the database server or check the address");
}

Error statement_error(const PostgresUrl& url, const std::exception& error) {
  const std::string what = first_line(url, error.what());
  if (is<pqxx::in_doubt_error>(error))
    return make(ErrorKind::Database, url, "the connection was lost during the commit",
                "whether it is done must be looked up");
  if (is<pqxx::broken_connection>(error))
    return make(ErrorKind::Database, url, "the connection was lost", "try again later");
  return by_code(url, code_of(error), what);
}

}  // namespace mailkeep::store
