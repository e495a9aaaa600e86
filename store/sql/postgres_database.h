// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// PostgresDatabase: the engine for a company's archive, through libpqxx. A pool of connections;
// sessions' deadlines come from connect_timeout, statement_timeout and tcp_user_timeout.

#include <memory>
#include <string>
#include <vector>

#include "common/guarded.h"
#include "store/archive.h"
#include "store/sql/database.h"
#include "store/sql/postgres_connection.h"
#include "store/sql/postgres_url.h"

namespace mailkeep::store {

class PostgresDatabase final : public Database {
 public:
  // The database must be there; the schema is made unless it is there or the access is ReadOnly.
  static common::Result<std::unique_ptr<Database>> open(std::string_view url, Access access);

  std::string_view engine() const override { return "postgresql"; }
  using Database::begin_write;
  common::Result<std::unique_ptr<Transaction>> begin_write(Urgency urgency) override;
  common::Result<std::unique_ptr<Transaction>> begin_read() override;
  common::Result<std::unique_ptr<Lock>> try_lock(std::string_view name) override;

 private:
  class PooledTransaction;
  class SessionLock;
  enum class Isolation { Write, Snapshot };
  using Idle = std::vector<std::unique_ptr<PostgresSession>>;

  PostgresDatabase(PostgresUrl url, Access access) : url_(std::move(url)), access_(access) {}
  common::Status examine_server();
  common::Result<std::unique_ptr<Transaction>> begin(Isolation isolation);
  std::unique_ptr<PostgresSession> take_idle();
  void give_back(std::unique_ptr<PostgresSession> session);

  const PostgresUrl url_;  // the sessions refer to it
  const Access access_;
  std::string archive_id_;
  common::Guarded<Idle> idle_;
};

}  // namespace mailkeep::store
