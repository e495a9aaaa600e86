// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/component/store/verify_fixture.h"

namespace mailkeep::store {
namespace {

class VerifySound : public VerifyFixture {};
MAILKEEP_BOTH_ENGINES(VerifySound);

TEST_P(VerifySound, CountsWhatItRead) {
  std::uint64_t last = 0;
  std::uint64_t end = 0;
  const auto report = verify(archive(), [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    last = done;
    end = total;
  });
  ASSERT_OK(report);

  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->messages, 5U);
  EXPECT_EQ(report->entries, 21U);
  EXPECT_EQ(report->checkpoints, 2U);
  EXPECT_EQ(report->bytes, large_.size() + 3 + 14 + 3);
  EXPECT_EQ(last, 26U);
  EXPECT_EQ(end, 26U);
}

TEST_P(VerifySound, NeedsNoRightToWrite) {
  reopen(Access::ReadOnly);
  expect_sound();
}

TEST_P(VerifySound, LeavesWorkingStateAlone) {
  change("UPDATE accounts SET secret = NULL, secret_key_id = 'other'");
  change("UPDATE epochs SET checked = 1");
  change("DELETE FROM passes");
  change("DELETE FROM attempts");

  expect_sound();
}

TEST_P(VerifySound, SaysWhenTheSignersKeyIsNotThere) {
  std::filesystem::remove(data_dir() / "signer.pub");
  expect_fault("signer-key", "19");
  change("DELETE FROM checkpoints");
  expect_sound();
}

TEST_P(VerifySound, NamesOnlySoManyFaults) {
  change("DELETE FROM sightings");
  change("DELETE FROM epochs");
  std::string sql = "INSERT INTO log_salts SELECT position + 100000, salt FROM log_salts";
  for (std::int64_t step = 100'000; step < 100'000LL << 10U; step *= 2) {
    change(sql);
    sql = fmt::format("INSERT INTO log_salts SELECT position + {}, salt FROM log_salts", step * 2);
  }
  const auto report = verify(archive(), {});
  ASSERT_OK(report);

  EXPECT_EQ(report->faults.size(), kMaxFaults + 1);
  EXPECT_EQ(report->faults.back().kind, "more-faults");
}

class VerifyEmpty : public LedgerFixture {};
MAILKEEP_BOTH_ENGINES(VerifyEmpty);

TEST_P(VerifyEmpty, AnArchiveWithNothingInItIsSound) {
  const auto report = verify(archive(), {});
  ASSERT_OK(report);
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->entries, 0U);
}

}  // namespace
}  // namespace mailkeep::store
