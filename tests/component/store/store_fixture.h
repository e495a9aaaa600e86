// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// StoreTest: every test of the store runs on both engines, each time on a fresh archive.
//
//   class LedgerTest : public StoreTest {};
//   TEST_P(LedgerTest, KeepsWhat...) { archive() ... }
//   MAILKEEP_BOTH_ENGINES(LedgerTest);
//
// PostgreSQL is the cluster that MAILKEEP_TEST_POSTGRES names (tests/support/with_postgres.py);
// without it the tests fail.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "store/archive.h"
#include "store/sql/database.h"

namespace mailkeep::store {

class StoppedClock final : public common::Clock {
 public:
  common::Micros now() const override { return time; }
  common::Micros time = 1'700'000'000'000'000;
};

class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;

  bool is_sqlite() const { return GetParam() == "sqlite"; }
  Archive& archive() { return *archive_; }
  Database& database() { return archive_->database(); }
  const std::filesystem::path& data_dir() const { return data_dir_; }
  const std::string& url() const { return url_; }

  // Closes the archive and opens it again.
  void reopen(Access access = Access::ReadWrite);
  void close() { archive_.reset(); }
  // A second archive on the same store, as another process would open it.
  common::Result<std::unique_ptr<Archive>> open_another(Access access = Access::ReadWrite);

  // Any SQL, past the store: what an attacker with the database's password could do. The engine's
  // own dialect; separate statements by semicolons.
  void raw_sql(const std::string& sql);
  // Makes the statement and commits it; the number of rows changed.
  std::int64_t change(std::string_view sql, std::initializer_list<Value> parameters = {});
  // The first column of the first row, 0 if there is none.
  std::int64_t number_of(std::string_view sql, std::initializer_list<Value> parameters = {});

  // Takes from the tables what schema 3 added, with the columns of schema 2 empty.
  void back_to_schema_2();

  StoppedClock clock_;

 private:
  std::filesystem::path data_dir_;
  std::string url_;
  std::unique_ptr<Archive> archive_;
};

// A directory of its own, gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The cluster's address, with another database's name in it.
std::string postgres_url(std::string_view database = "");
void postgres_sql(const std::string& url, const std::string& sql);

}  // namespace mailkeep::store

#define MAILKEEP_BOTH_ENGINES(suite)                                                \
  INSTANTIATE_TEST_SUITE_P(Engines, suite, testing::Values("sqlite", "postgresql"), \
                           [](const auto& parameter) { return parameter.param; })

// Fails the test with the error's text.
#define ASSERT_OK(expression)                                       \
  do {                                                              \
    const auto& assert_ok_result = (expression);                    \
    ASSERT_TRUE(assert_ok_result) << assert_ok_result.error().text; \
  } while (false)
#define ASSERT_FAILS(expression, expected_kind)                                                  \
  do {                                                                                           \
    const auto& assert_fails_result = (expression);                                              \
    ASSERT_FALSE(assert_fails_result);                                                           \
    ASSERT_EQ(common::name_of(assert_fails_result.error().kind), common::name_of(expected_kind)) \
        << assert_fails_result.error().text;                                                     \
  } while (false)
