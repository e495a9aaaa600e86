// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/postgres_database.h"

#include <array>

#include "common/digest.h"
#include "common/log.h"
#include "common/printable.h"
#include "store/sql/migrations.h"
#include "store/sql/postgres_error.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

// As many as the workers of one process usually need at once.
constexpr std::size_t kIdleSessions = 8;

// The bodies come compressed: the server must not try again, which costs it nine tenths of its
// time.
constexpr std::array<std::string_view, 1> kAfterSchema1 = {
    "ALTER TABLE chunks ALTER COLUMN data SET STORAGE EXTERNAL",
};

constexpr Dialect kDialect = {
    .blob = "BYTEA",
    .id = "BIGINT",
    .count_meta =
        "SELECT count(*) FROM pg_catalog.pg_tables WHERE tablename = 'meta' "
        "AND schemaname = current_schema()",
    // "mailkeep" as a number: one migration at a time in a database.
    .lock_migration = "SELECT pg_advisory_xact_lock(7881693352141383024) LIMIT 1",
    .after_schema_1 = kAfterSchema1,
};

std::int64_t lock_key(std::string_view archive_id, std::string_view name) {
  const common::Digest digest = common::Sha256::of(fmt::format("{}{}", archive_id, name));
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) key = (key << 8U) | digest.bytes[i];
  return static_cast<std::int64_t>(key);
}

using Snapshot = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

}  // namespace

class PostgresDatabase::PooledTransaction final : public Transaction {
 public:
  PooledTransaction(PostgresDatabase& database, std::unique_ptr<PostgresSession> session,
                    std::unique_ptr<pqxx::transaction_base> transaction)
      : database_(database),
        session_(std::move(session)),
        transaction_(std::move(transaction)),
        connection_(*session_, *transaction_) {}
  ~PooledTransaction() override {
    // Order: rolled back, unless committed, before another can take the session.
    transaction_.reset();
    database_.give_back(std::move(session_));
  }
  PooledTransaction(const PooledTransaction&) = delete;
  PooledTransaction& operator=(const PooledTransaction&) = delete;

  Connection& connection() override { return connection_; }
  Status commit() override {
    if (connection_.has_failed())
      return fail(ErrorKind::Database, "{}: a statement failed, so that nothing was written",
                  database_.url_.shown);
    return guarded(database_.url_, [this]() -> Status {
      transaction_->commit();
      return {};
    });
  }

 private:
  PostgresDatabase& database_;
  std::unique_ptr<PostgresSession> session_;
  std::unique_ptr<pqxx::transaction_base> transaction_;
  PostgresConnection connection_;
};

// The lock lives as long as its own connection; the server gives it up when that is gone.
class PostgresDatabase::SessionLock final : public Database::Lock {
 public:
  explicit SessionLock(std::unique_ptr<PostgresSession> session) : session_(std::move(session)) {}

  bool is_held() override {
    return guarded(session_->url(),
                   [this]() -> Status {
                     pqxx::nontransaction(session_->link()).exec("SELECT 1");
                     return {};
                   })
        .has_value();
  }

 private:
  std::unique_ptr<PostgresSession> session_;
};

Result<std::unique_ptr<Database>> PostgresDatabase::open(std::string_view url, Access access) {
  auto database =
      std::unique_ptr<PostgresDatabase>(new PostgresDatabase(PostgresUrl::from(url), access));
  MAILKEEP_CHECKED(database->examine_server());
  auto current = bring_up_to_date(*database, kDialect, access, database->url_.shown);
  if (!current && current.error().kind == ErrorKind::Config && access == Access::ReadWrite)
    return fail(ErrorKind::Config,
                "{}; to let it make its tables, the database's owner runs: GRANT CREATE, USAGE ON "
                "SCHEMA public TO ROLE",
                current.error().text);
  if (!current) return tl::unexpected(std::move(current).error());
  MAILKEEP_TRY(transaction, database->begin_read());
  MAILKEEP_TRY(id, archive_id(transaction->connection()));
  database->archive_id_ = id;
  transaction.reset();
  return database;
}

Status PostgresDatabase::examine_server() {
  MAILKEEP_TRY(transaction, begin(Isolation::Snapshot));
  return transaction->connection().query(
      "SELECT current_setting('fsync'), current_setting('full_page_writes'), "
      "current_setting('synchronous_commit'), current_setting('server_encoding') LIMIT 1",
      {}, [this](const Row& row) -> Status {
        if (row.text(0) != "on" || row.text(1) != "on")
          common::log(common::LogLevel::Warning, "store.postgres.unsafe",
                      {{"database", url_.shown},
                       {"fsync", row.text(0)},
                       {"full_page_writes", row.text(1)},
                       {"risk", "a crash of the server can lose mail: set both to on"}});
        if (row.text(2) != "on")
          return fail(ErrorKind::Config,
                      "{}: the server does not let synchronous_commit be on, without which a crash "
                      "could lose mail",
                      url_.shown);
        if (row.text(3) != "UTF8")
          return fail(ErrorKind::Config,
                      "{}: the database's encoding is {}: make it anew with createdb "
                      "--encoding=UTF8 --template=template0",
                      url_.shown, row.text(3));
        return {};
      });
}

Result<std::unique_ptr<Transaction>> PostgresDatabase::begin_write(Urgency) {
  if (access_ == Access::ReadOnly)
    return fail(ErrorKind::Config, "{} was opened for reading only", url_.shown);
  return begin(Isolation::Write);
}

Result<std::unique_ptr<Transaction>> PostgresDatabase::begin_read() {
  return begin(Isolation::Snapshot);
}

Result<std::unique_ptr<Transaction>> PostgresDatabase::begin(Isolation isolation) {
  for (;;) {
    auto session = take_idle();
    const bool was_idle = session != nullptr;
    if (!was_idle) {
      MAILKEEP_TRY(fresh, PostgresSession::connect(url_));
      session = std::move(fresh);
    }
    auto begun = guarded(url_, [&]() -> Result<std::unique_ptr<pqxx::transaction_base>> {
      if (isolation == Isolation::Write) return std::make_unique<pqxx::work>(session->link());
      auto snapshot = std::make_unique<Snapshot>(session->link());
      // BEGIN alone takes no snapshot: the first statement does.
      snapshot->exec("SELECT 1");
      return snapshot;
    });
    if (begun)
      return std::make_unique<PooledTransaction>(*this, std::move(session), std::move(*begun));
    // An idle connection may have died with a server that was started anew. Nothing was done on it,
    // so the next one may try; a fresh one tells the truth.
    if (!was_idle) return tl::unexpected(std::move(begun).error());
  }
}

Result<std::unique_ptr<Database::Lock>> PostgresDatabase::try_lock(std::string_view name) {
  MAILKEEP_TRY(session, PostgresSession::connect(url_));
  MAILKEEP_TRY(got, guarded(url_, [&]() -> Result<bool> {
                 const auto row = pqxx::nontransaction(session->link())
                                      .exec1(fmt::format("SELECT pg_try_advisory_lock({})",
                                                         lock_key(archive_id_, name)));
                 return row[0].as<bool>();
               }));
  if (!got)
    return fail(ErrorKind::Busy, "another process is at work on {}: try again later",
                common::printable(name));
  return std::make_unique<SessionLock>(std::move(session));
}

std::unique_ptr<PostgresSession> PostgresDatabase::take_idle() {
  return idle_.with([](Idle& idle) {
    std::unique_ptr<PostgresSession> session;
    if (!idle.empty()) {
      session = std::move(idle.back());
      idle.pop_back();
    }
    return session;
  });
}

void PostgresDatabase::give_back(std::unique_ptr<PostgresSession> session) {
  if (!session->is_reusable()) return;
  idle_.with([&session](Idle& idle) {
    if (idle.size() < kIdleSessions) idle.push_back(std::move(session));
  });
}

}  // namespace mailkeep::store
