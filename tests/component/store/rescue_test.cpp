// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/rescue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "store/durability.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class RescueTest : public LedgerFixture {
 protected:
  std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_dir() / "rescue")) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }
};
MAILKEEP_BOTH_ENGINES(RescueTest);

TEST_P(RescueTest, WhatWasKeptIsSealedOnceAndRemoved) {
  const AccountId tom = add_account("tom", Protocol::Pop3);
  const Epoch box = open(tom, "INBOX", 0);
  const std::string large(kSpoolThresholdBytes + 1, 'x');  // not in memory
  BodyWriter writer(data_dir());
  ASSERT_OK(writer.append(large));
  Arrival spooled;
  spooled.uidl = std::string("\0\n\xff", 3);
  spooled.body = *std::move(writer).finish();
  const common::Digest digest = spooled.body.digest();
  const Batch batch =
      batch_of(box.id, pop3_message("a", ""), pop3_message("b", "two\r\n"), std::move(spooled));
  const auto rescue = Rescue::open(archive(), tom);
  ASSERT_OK(rescue);

  ASSERT_OK(rescue->keep(batch));
  ASSERT_OK(rescue->keep(batch));  // twice is once
  EXPECT_EQ(files().size(), 3U);
  Ledger to = ledger();
  EXPECT_EQ(*rescue->seal_kept(to, box.id), 3U);

  EXPECT_TRUE(files().empty());
  EXPECT_EQ(*rescue->seal_kept(to, box.id), 0U);
  EXPECT_EQ(ledger().known_uidls(box.id)->size(), 3U);
  EXPECT_EQ(ledger().known_uidls(box.id)->count({std::string("\0\n\xff", 3), digest}), 1U);
  EXPECT_EQ(bytes_of(digest), large);
  expect_sound();
}

TEST_P(RescueTest, ADamagedFileIsLeftAloneAndAnotherAccountsIsNotTaken) {
  const AccountId tom = add_account("tom", Protocol::Pop3);
  const AccountId anna = add_account("anna", Protocol::Pop3);
  const Epoch box = open(tom, "INBOX", 0);
  const auto rescue = Rescue::open(archive(), tom);
  ASSERT_OK(rescue->keep(batch_of(box.id, pop3_message("a", "one"), pop3_message("b", "two"))));
  const auto path = files().front();
  std::ofstream(path, std::ios::app) << "more";

  Ledger to = ledger();
  EXPECT_EQ(*Rescue::open(archive(), anna)->seal_kept(to, open(anna, "INBOX", 0).id), 0U);
  EXPECT_EQ(*rescue->seal_kept(to, box.id), 1U);
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(files().front(), path);
}

TEST_P(RescueTest, ABatchThatCannotBeSealedStaysWithItsOwner) {
  const AccountId tom = add_account("tom", Protocol::Pop3);
  open(tom, "INBOX", 0);
  Batch batch = batch_of(EpochId{99}, pop3_message("a", "one"));

  EXPECT_FALSE(ledger().seal(std::move(batch)));

  ASSERT_EQ(batch.arrivals.size(), 1U);
  EXPECT_EQ(batch.arrivals.front().body.size(), 3U);
}

TEST_P(RescueTest, ADatabaseAsItIsMeantToBeIsDurable) {
  EXPECT_EQ(*reduced_durability(archive()), "");
}

}  // namespace
}  // namespace mailkeep::store
