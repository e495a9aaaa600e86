// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// PostgresSession: one connection to the server and the statements prepared on it.
// PostgresConnection: such a session inside a transaction, as the seam wants it.

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "store/sql/database.h"
#include "store/sql/postgres_url.h"

namespace mailkeep::store {

class PostgresSession {
 public:
  static common::Result<std::unique_ptr<PostgresSession>> connect(const PostgresUrl& url);

  pqxx::connection& link() { return link_; }
  const PostgresUrl& url() const { return *url_; }
  // The name under which the statement is prepared here. Throws what libpqxx throws.
  const std::string& prepared(const std::string& sql);
  bool is_reusable() const;

 private:
  explicit PostgresSession(const PostgresUrl& url);

  const PostgresUrl* url_;
  pqxx::connection link_;
  pqxx::quiet_errorhandler quiet_;  // notices belong to nobody: standard error is ours
  std::unordered_map<std::string, std::string> names_;
};

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(PostgresSession& session, pqxx::transaction_base& transaction)
      : session_(session), transaction_(transaction) {}

  common::Result<std::int64_t> execute(std::string_view sql,
                                       std::span<const Value> parameters) override;
  common::Status query(std::string_view sql, std::span<const Value> parameters,
                       const RowVisitor& visit) override;
  common::Status insert_rows(std::string_view table, std::span<const std::string_view> columns,
                             std::span<const std::vector<Value>> rows, bool skip_existing) override;
  // What is half done must not be committed: the server would answer COMMIT with a ROLLBACK that
  // looks like success.
  bool has_failed() const { return has_failed_; }
  using Connection::execute;
  using Connection::query;

 private:
  common::Result<pqxx::result> run(const std::string& sql, std::span<const Value> parameters);
  common::Result<pqxx::result> run_simple(const std::string& sql);

  PostgresSession& session_;
  pqxx::transaction_base& transaction_;
  bool has_failed_ = false;
};

}  // namespace mailkeep::store
