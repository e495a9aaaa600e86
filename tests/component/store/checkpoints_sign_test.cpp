// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/checkpoints.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "store/log/note.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class CheckpointsSign : public LedgerFixture {
 protected:
  VerifyingKey public_key() {
    std::ifstream file(data_dir() / "signer.pub");
    std::string line;
    std::getline(file, line);
    const auto key = verifying_key_from(line);
    EXPECT_TRUE(key) << line;
    return key.value_or(VerifyingKey{});
  }
};
MAILKEEP_BOTH_ENGINES(CheckpointsSign);

TEST_P(CheckpointsSign, SignTheHeadForAnybodyToCheck) {
  add_account("anna");
  const auto checkpoint = sign_checkpoint(archive());
  ASSERT_OK(checkpoint);

  EXPECT_EQ(checkpoint->size, 1U);
  EXPECT_EQ(checkpoint->time, clock_.time);
  EXPECT_TRUE(is_signed_by(checkpoint->note, public_key()));
  EXPECT_TRUE(checkpoint->note.starts_with("mailkeep/"));
  expect_sound();
}

TEST_P(CheckpointsSign, GiveTheSameHeadTheSameNote) {
  add_account("anna");
  const auto first = sign_checkpoint(archive());
  clock_.time += 1'000'000;
  const auto second = sign_checkpoint(archive());
  ASSERT_OK(first);
  ASSERT_OK(second);

  EXPECT_EQ(first->note, second->note);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM checkpoints"), 1);
}

TEST_P(CheckpointsSign, KeepTheirKeyOverALifetime) {
  ASSERT_OK(sign_checkpoint(archive()));  // of the empty log
  const std::string key = public_key().key;
  reopen();
  add_account("anna");
  const auto second = sign_checkpoint(archive());
  ASSERT_OK(second);

  EXPECT_EQ(public_key().key, key);
  EXPECT_EQ(latest_checkpoint(archive())->value().note, second->note);
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(data_dir() / "signer.key").permissions(), fs::perms(0600));
  expect_sound();
}

TEST_P(CheckpointsSign, NothingIsTheLatestOfNone) {
  const auto latest = latest_checkpoint(archive());
  ASSERT_OK(latest);
  EXPECT_FALSE(latest->has_value());
}

TEST_P(CheckpointsSign, RefuseAKeyThatIsNotTheirs) {
  {
    std::ofstream file(data_dir() / "signer.key");
    file << to_text(make_signing_key("mailkeep/another")) << "\n";
  }
  std::filesystem::permissions(data_dir() / "signer.key", std::filesystem::perms(0600));

  ASSERT_FAILS(sign_checkpoint(archive()), common::ErrorKind::Config);
  EXPECT_EQ(number_of("SELECT COUNT(*) FROM checkpoints"), 0);
}

TEST_P(CheckpointsSign, CoverAnEntryWithTheLatestOrWithANewOne) {
  add_account("anna");
  const auto first = covering_checkpoint(archive(), LogPosition{0});
  ASSERT_OK(first);
  EXPECT_EQ(covering_checkpoint(archive(), LogPosition{0})->note, first->note);
  add_account("tom");
  EXPECT_EQ(covering_checkpoint(archive(), LogPosition{0})->note, first->note);

  EXPECT_EQ(covering_checkpoint(archive(), LogPosition{1})->size, 2U);
}

TEST_P(CheckpointsSign, MakeNoSecondKeyWhereTheLogIsSignedElsewhere) {
  add_account("anna");
  ASSERT_OK(covering_checkpoint(archive(), LogPosition{0}));
  add_account("tom");
  std::filesystem::remove(data_dir() / "signer.key");

  ASSERT_OK(covering_checkpoint(archive(), LogPosition{0}));
  EXPECT_EQ(covering_checkpoint(archive(), LogPosition{1}).error().kind, common::ErrorKind::Config);
  EXPECT_FALSE(std::filesystem::exists(data_dir() / "signer.key"));
  std::filesystem::remove(data_dir() / "signer.pub");  // nobody can say whose signature it is
  EXPECT_FALSE(covering_checkpoint(archive(), LogPosition{0}));
}

}  // namespace
}  // namespace mailkeep::store
