// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong in an engine comes out sorted by what to do next.
#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

class DatabaseErrors : public StoreTest {};
MAILKEEP_BOTH_ENGINES(DatabaseErrors);

TEST_P(DatabaseErrors, CallsBrokenSqlADatabaseError) {
  auto transaction = database().begin_write();
  ASSERT_FAILS((*transaction)->connection().execute("SELEC nothing"), ErrorKind::Database);
}

TEST_P(DatabaseErrors, KeepsValuesOutOfItsTexts) {
  change("CREATE TABLE things (id BIGINT PRIMARY KEY, words TEXT UNIQUE)");
  change("INSERT INTO things (id, words) VALUES (1, $1)", {"top-secret"});
  auto transaction = database().begin_write();
  const auto twice = (*transaction)
                         ->connection()
                         .execute("INSERT INTO things (id, words) VALUES (2, $1)", {"top-secret"});
  ASSERT_FAILS(twice, ErrorKind::Database);
  EXPECT_EQ(twice.error().text.find("top-secret"), std::string::npos) << twice.error().text;
}

TEST_P(DatabaseErrors, CallsAWriterThatWaitedTooLongBusy) {
  const std::string impatient =
      is_sqlite() ? "PRAGMA busy_timeout = 50" : "SET LOCAL lock_timeout = 50";
  const std::string update = "UPDATE log_head SET size = size WHERE one = 1";
  if (is_sqlite()) {
    auto transaction = database().begin_write();
    ASSERT_OK((*transaction)->connection().execute(impatient));
  }
  auto other = open_another();
  ASSERT_OK(other);
  auto holder = (*other)->database().begin_write();
  ASSERT_OK((*holder)->connection().execute(update));

  auto waiting = database().begin_write();
  if (is_sqlite()) {
    ASSERT_FAILS(waiting, ErrorKind::Busy);
    return;
  }
  ASSERT_OK((*waiting)->connection().execute(impatient));
  ASSERT_FAILS((*waiting)->connection().execute(update), ErrorKind::Busy);
}

class SqliteErrors : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Engine, SqliteErrors, testing::Values("sqlite"));

TEST_P(SqliteErrors, RollsBackWholeTransactionsOnAFullDisk) {
  change("CREATE TABLE things (id BIGINT PRIMARY KEY, bytes BLOB)");
  {
    auto transaction = database().begin_write();
    Connection& connection = (*transaction)->connection();
    ASSERT_OK(connection.execute("PRAGMA max_page_count = 60"));
    common::Result<std::int64_t> written = 0;
    for (std::int64_t id = 0; written && id < 100; ++id)
      written = connection.execute("INSERT INTO things (id, bytes) VALUES ($1, $2)",
                                   {id, Blob{std::string(20'000, 'x')}});
    ASSERT_FAILS(written, ErrorKind::Disk);
  }
  EXPECT_EQ(number_of("SELECT count(*) FROM things"), 0);
  change("INSERT INTO things (id) VALUES (1)");
}

TEST_P(SqliteErrors, CallsADamagedFileCorrupt) {
  change("CREATE TABLE things (id BIGINT PRIMARY KEY, bytes BLOB)");
  change("INSERT INTO things (id, bytes) VALUES (1, $1)", {Blob{std::string(200'000, 'x')}});
  close();
  const auto file = data_dir() / "mailkeep.sqlite";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 40'960);

  const auto opened = open_another(Access::ReadOnly);
  if (opened) {
    auto transaction = (*opened)->database().begin_read();
    const auto read =
        (*transaction)->connection().query("SELECT bytes FROM things", {}, [](const Row& row) {
          static_cast<void>(row.bytes(0));
          return common::Status();
        });
    ASSERT_FAILS(read, ErrorKind::Corrupt);
  } else {
    ASSERT_FAILS(opened, ErrorKind::Corrupt);
  }
}

TEST_P(SqliteErrors, WritesOnlyWithFullSynchronisation) {
  auto transaction = database().begin_write();
  std::string journal;
  std::int64_t synchronous = 0;
  Connection& connection = (*transaction)->connection();
  ASSERT_OK(connection.query("PRAGMA synchronous", {}, [&](const Row& row) {
    synchronous = row.integer(0);
    return common::Status();
  }));
  ASSERT_OK(connection.query("PRAGMA journal_mode", {}, [&](const Row& row) {
    journal = row.text(0);
    return common::Status();
  }));
  EXPECT_EQ(synchronous, 2);
  EXPECT_EQ(journal, "wal");
}

class PostgresErrors : public StoreTest {
 protected:
  void end_other_sessions() {
    postgres_sql(postgres_url(),
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                     url().substr(url().rfind('/') + 1) + "'");
  }
};
INSTANTIATE_TEST_SUITE_P(Engine, PostgresErrors, testing::Values("postgresql"));

TEST_P(PostgresErrors, AreSortedByTheServersCode) {
  const std::vector<std::pair<std::string, ErrorKind>> cases = {
      {"53100", ErrorKind::Disk},     {"58030", ErrorKind::Disk},
      {"XX001", ErrorKind::Corrupt},  {"40001", ErrorKind::Busy},
      {"40P01", ErrorKind::Busy},     {"55P03", ErrorKind::Busy},
      {"42501", ErrorKind::Config},   {"25006", ErrorKind::Config},
      {"57014", ErrorKind::Database}, {"53300", ErrorKind::Database},
      {"22000", ErrorKind::Database},
  };
  for (const auto& [code, kind] : cases) {
    auto transaction = database().begin_write();
    const auto raised = (*transaction)
                            ->connection()
                            .execute("DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '" +
                                     code + "'; END $$");
    ASSERT_FALSE(raised);
    EXPECT_EQ(common::name_of(raised.error().kind), common::name_of(kind)) << code;
  }
}

TEST_P(PostgresErrors, SayThatTheConnectionWasLost) {
  auto transaction = database().begin_write();
  ASSERT_OK((*transaction)->connection().execute("UPDATE meta SET value = value"));
  end_other_sessions();
  ASSERT_FAILS((*transaction)->connection().execute("UPDATE meta SET value = value"),
               ErrorKind::Database);
  EXPECT_FALSE((*transaction)->commit());
}

TEST_P(PostgresErrors, DoNotComeFromConnectionsThatDiedIdle) {
  EXPECT_EQ(number_of("SELECT count(*) FROM meta"), 2);
  end_other_sessions();
  EXPECT_EQ(number_of("SELECT count(*) FROM meta"), 2);
}

TEST_P(PostgresErrors, LeaveTheSettingsOfEverySessionInForce) {
  end_other_sessions();
  EXPECT_EQ(number_of("SELECT count(*) FROM pg_settings WHERE (name, setting) IN "
                      "(('statement_timeout', '300000'), ('lock_timeout', '30000'), "
                      "('synchronous_commit', 'on'), "
                      "('application_name', 'mailkeep'), ('client_encoding', 'UTF8'))"),
            5);
}

}  // namespace
}  // namespace mailkeep::store
