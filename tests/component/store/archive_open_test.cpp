// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/digest.h"
#include "common/encoding.h"
#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

class ArchiveOpen : public StoreTest {};
MAILKEEP_BOTH_ENGINES(ArchiveOpen);

TEST_P(ArchiveOpen, MakesDirectoriesAndKeyForTheOwnerAlone) {
  EXPECT_EQ(mode_of(data_dir()), 0700U);
  EXPECT_EQ(mode_of(data_dir() / "spool"), 0700U);
  EXPECT_EQ(mode_of(data_dir() / "secret.key"), 0600U);
  if (!is_sqlite()) return;
  EXPECT_EQ(mode_of(data_dir() / "mailkeep.sqlite"), 0600U);
  change("UPDATE meta SET value = value");
  EXPECT_EQ(mode_of(data_dir() / "mailkeep.sqlite-wal"), 0600U);
}

TEST_P(ArchiveOpen, StartsWithAnEmptyLogAndANameOfItsOwn) {
  EXPECT_EQ(number_of("SELECT count(*) FROM log_head WHERE one = 1 AND size = 0 AND "
                      "length(frontier) = 0"),
            1);
  EXPECT_EQ(number_of("SELECT count(*) FROM meta WHERE name = 'archive_id' AND length(value) = 32"),
            1);
  EXPECT_EQ(number_of("SELECT count(*) FROM meta WHERE name = 'schema' AND value = '3'"), 1);
}

TEST_P(ArchiveOpen, ChangesNothingWhenItIsOpenedAgain) {
  change("UPDATE meta SET value = 'kept' WHERE name = 'archive_id'");
  reopen();
  EXPECT_EQ(number_of("SELECT count(*) FROM meta WHERE value = 'kept'"), 1);
}

TEST_P(ArchiveOpen, RefusesANewerSchema) {
  change("UPDATE meta SET value = '4' WHERE name = 'schema'");
  close();
  for (const Access access : {Access::ReadOnly, Access::ReadWrite}) {
    const auto opened = open_another(access);
    ASSERT_FAILS(opened, ErrorKind::Conflict);
    EXPECT_NE(opened.error().text.find("install the newer program"), std::string::npos);
  }
}

TEST_P(ArchiveOpen, BringsAnArchiveOfTheFirstSchemaUpToDate) {
  back_to_schema_2();
  for (const char* column : {"options", "smtp_secret", "smtp_secret_key_id"})
    change(fmt::format("ALTER TABLE accounts DROP COLUMN {}", column));
  for (const char* table : {"users", "user_accounts", "tokens", "sessions", "jobs", "submissions",
                            "deliveries", "outbox"})
    change(fmt::format("DROP TABLE {}", table));
  change("DROP INDEX passes_by_account");
  change("UPDATE meta SET value = '1' WHERE name = 'schema'");
  close();
  ASSERT_FAILS(open_another(Access::ReadOnly), ErrorKind::Config);
  reopen();
  EXPECT_EQ(number_of("SELECT count(*) FROM meta WHERE name = 'schema' AND value = '3'"), 1);
  EXPECT_EQ(number_of("SELECT count(*) FROM outbox"), 0);
  EXPECT_EQ(number_of("SELECT count(options) FROM accounts"), 0);
}

TEST_P(ArchiveOpen, RefusesAForeignTableNamedMeta) {
  change("UPDATE meta SET value = 'something else'");
  close();
  ASSERT_FAILS(open_another(), ErrorKind::Conflict);
}

TEST_P(ArchiveOpen, ReadsButDoesNotWriteWhenOpenedForReading) {
  reopen(Access::ReadOnly);
  EXPECT_EQ(number_of("SELECT count(*) FROM meta"), 2);
  ASSERT_FAILS(database().begin_write(), ErrorKind::Config);
}

TEST_P(ArchiveOpen, ReadsBesideAWriter) {
  auto reader = open_another(Access::ReadOnly);
  ASSERT_OK(reader);
  change("UPDATE meta SET value = 'fresh' WHERE name = 'archive_id'");

  auto transaction = (*reader)->database().begin_read();
  std::string value;
  ASSERT_OK((*transaction)
                ->connection()
                .query("SELECT value FROM meta WHERE name = 'archive_id' LIMIT 1", {},
                       [&](const Row& row) {
                         value = row.text(0);
                         return common::Status();
                       }));
  EXPECT_EQ(value, "fresh");
}

TEST_P(ArchiveOpen, CreatesNothingWhenOpenedForReading) {
  const TemporaryDirectory empty;
  std::string url;
  if (!is_sqlite()) {
    const std::string name = "empty_" + common::to_hex(common::random_bytes(6));
    postgres_sql(postgres_url(), "CREATE DATABASE " + name);
    url = postgres_url(name);
  }
  const auto opened = Archive::open(
      {.url = url, .data_dir = empty.path() / "data", .access = Access::ReadOnly}, clock_);
  ASSERT_FAILS(opened, ErrorKind::Config);
  EXPECT_NE(opened.error().text.find("mailkeep account add"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
}

TEST_P(ArchiveOpen, LetsManyOpenANewStoreAtOnce) {
  const TemporaryDirectory fresh;
  std::string url;
  if (!is_sqlite()) {
    const std::string name = "many_" + common::to_hex(common::random_bytes(6));
    postgres_sql(postgres_url(), "CREATE DATABASE " + name);
    url = postgres_url(name);
  }
  std::array<std::string, 8> errors;
  {
    std::vector<std::jthread> openers;
    for (std::string& error : errors)
      openers.emplace_back([&] {
        const auto opened = Archive::open({.url = url, .data_dir = fresh.path() / "data"}, clock_);
        if (!opened) error = opened.error().text;
      });
  }
  for (const std::string& error : errors) EXPECT_EQ(error, "");
}

class ArchiveAddress : public testing::Test {
 protected:
  common::Error error_of(const std::string& url) {
    const auto opened = Archive::open({.url = url, .data_dir = directory_.path() / "data"}, clock_);
    EXPECT_FALSE(opened) << url;
    return opened ? common::Error{} : opened.error();
  }
  TemporaryDirectory directory_;
  StoppedClock clock_;
};

TEST_F(ArchiveAddress, IsExplainedWithAnExampleWhenItIsWrong) {
  for (const char* url : {"mysql://host/db", "mailkeep.sqlite", "sqlite:", "sqlite://",
                          "sqlite:///", "sqlite://relative/path", "sqlite:///a%zz"}) {
    const auto error = error_of(url);
    EXPECT_EQ(error.kind, ErrorKind::Config) << url;
    EXPECT_NE(error.text.find("sqlite:///var/lib/"), std::string::npos) << error.text;
  }
}

TEST_F(ArchiveAddress, NeverShowsThePassword) {
  for (const char* url :
       {"postgresql://anna:h%40rd-secret@127.0.0.1:1/db", "postgresql://anna:h@rd-secret@[::1:5/db",
        "postgresql://anna:h@rd-secret@127.0.0.1:1x/db",
        "postgresql://127.0.0.1:1/db?user=anna&password=h%40rd-secret",
        "postgresql://anna:h%zzrd-secret@127.0.0.1:1/db",
        "postgresql://anna:x/h@rd-secret@127.0.0.1:1/db",
        "postgres://anna:rd-secret@no-such-host.invalid/db?nonsense=1"}) {
    const auto error = error_of(url);
    EXPECT_EQ(error.text.find("rd-secret"), std::string::npos) << error.text;
  }
}

TEST_F(ArchiveAddress, TellsAnUnreachableServerFromAWrongAddress) {
  EXPECT_EQ(error_of("postgresql://anna:x@127.0.0.1:1/db").kind, ErrorKind::Database);
  EXPECT_EQ(error_of("postgresql://anna:x@127.0.0.1:1/db?nonsense=1").kind, ErrorKind::Config);
}

TEST_F(ArchiveAddress, NamesTheCommandForAMissingDatabase) {
  const auto error = error_of(postgres_url("no_such_database"));
  EXPECT_EQ(error.kind, ErrorKind::Config) << error.text;
  EXPECT_NE(error.text.find("createdb"), std::string::npos) << error.text;
}

TEST_F(ArchiveAddress, NamesTheCommandWhenTheRoleMayNotMakeTables) {
  const std::string name = "poor_" + common::to_hex(common::random_bytes(6));
  postgres_sql(postgres_url(), "CREATE DATABASE " + name);
  postgres_sql(postgres_url(), "CREATE ROLE " + name + " LOGIN PASSWORD 'pa55word'");
  const std::string url = postgres_url(name);
  const std::string poor = "postgresql://" + name + ":pa55word" + url.substr(url.find('@'));

  const auto error = error_of(poor);
  EXPECT_EQ(error.kind, ErrorKind::Config) << error.text;
  EXPECT_NE(error.text.find("GRANT CREATE"), std::string::npos) << error.text;
  EXPECT_EQ(error.text.find("pa55word"), std::string::npos) << error.text;

  const auto wrong = error_of("postgresql://" + name + ":other" + url.substr(url.find('@')));
  EXPECT_EQ(wrong.kind, ErrorKind::Config) << wrong.text;
}

TEST_F(ArchiveAddress, TakesPathsWithAnyCharacters) {
  const auto file = directory_.path() / "a b#c?d%e" / "mail keep.sqlite";
  std::string url = "sqlite://";
  for (const char byte : file.string())
    url +=
        byte == '/' ? std::string("/") : fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  const auto opened = Archive::open({.url = url, .data_dir = directory_.path() / "data"}, clock_);
  ASSERT_OK(opened);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(ArchiveAddress, RefusesAFileThatIsNoDatabase) {
  const auto file = directory_.path() / "notes.sqlite";
  std::ofstream(file) << std::string(4096, 'x');
  EXPECT_EQ(error_of("sqlite://" + file.string()).kind, ErrorKind::Corrupt);
}

TEST_F(ArchiveAddress, IsClosedCleanlyWithoutALogBesideTheDatabase) {
  {
    const auto opened = Archive::open({.url = "", .data_dir = directory_.path()}, clock_);
    ASSERT_OK(opened);
  }
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "mailkeep.sqlite"));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "mailkeep.sqlite-wal"));
}

}  // namespace
}  // namespace mailkeep::store
