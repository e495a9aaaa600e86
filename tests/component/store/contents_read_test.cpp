// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/contents.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

class ContentsRead : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    const Epoch inbox = open(add_account("anna"), "INBOX");
    large_ = common::random_bytes(1'500'000) + std::string(2'000'000, 'x');
    seal(batch_of(inbox.id, imap_message(1, "small"), imap_message(2, large_)));
  }
  Contents contents() { return Contents(archive()); }

  std::string large_;
};
MAILKEEP_BOTH_ENGINES(ContentsRead);

TEST_P(ContentsRead, HandsOutPiecesInOrder) {
  std::string bytes;
  const common::Digest id = common::Sha256::of(large_);
  ASSERT_OK(contents().check_then_read(id, [&](std::string_view piece) {
    EXPECT_LE(piece.size(), 1U << 20U);
    bytes.append(piece);
    return common::Status();
  }));

  EXPECT_TRUE(bytes == large_);
  EXPECT_EQ(contents().size(id).value_or(0), large_.size());
  EXPECT_EQ(contents().get(common::Sha256::of("small"), 5).value_or(""), "small");
  ASSERT_FAILS(contents().get(common::Sha256::of("small"), 4), common::ErrorKind::Limit);
}

TEST_P(ContentsRead, HoldsNoSnapshotWhileTheSinkWaits) {
  const common::Digest id = common::Sha256::of(large_);
  std::size_t shown = 0;
  const auto alter_the_rest = [&](std::string_view) {
    ++shown;
    change("UPDATE chunks SET data = $1 WHERE digest = $2 AND seq = 1",
           {Blob{"other"}, Blob{std::string(id.view())}});
    return common::Status();
  };
  // A reader with a snapshot would go on with what was there before.
  ASSERT_FAILS(contents().check_then_read(id, alter_the_rest), common::ErrorKind::Corrupt);
  EXPECT_EQ(shown, 1U);
}

TEST_P(ContentsRead, ResolvesAnUnambiguousPrefix) {
  const common::Digest id = common::Sha256::of("small");
  const std::string hex = id.hex();
  std::string upper = hex.substr(0, 7);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));

  EXPECT_EQ(contents().resolve(hex).value_or(common::Digest{}), id);
  EXPECT_EQ(contents().resolve(hex.substr(0, 4)).value_or(common::Digest{}), id);
  EXPECT_EQ(contents().resolve(upper).value_or(common::Digest{}), id);
  ASSERT_FAILS(contents().resolve(hex.substr(0, 3)), common::ErrorKind::Usage);
  ASSERT_FAILS(contents().resolve(hex + "0"), common::ErrorKind::Usage);
  ASSERT_FAILS(contents().resolve("xyz1"), common::ErrorKind::Usage);
  ASSERT_FAILS(contents().resolve(""), common::ErrorKind::Usage);
  ASSERT_FAILS(contents().resolve(std::string(64, '0')), common::ErrorKind::NotFound);
}

TEST_P(ContentsRead, AsksForMoreDigitsWhenSeveralBeginAlike) {
  std::string twin(common::Sha256::of("small").view());
  twin[31] = static_cast<char>(twin[31] ^ 1);
  change("INSERT INTO contents (digest, size, chunk_count) VALUES ($1, 0, 0)", {Blob{twin}});

  ASSERT_FAILS(contents().resolve(common::Sha256::of("small").hex().substr(0, 63)),
               common::ErrorKind::Conflict);
}

TEST_P(ContentsRead, NeverTakesAlteredBytesForWhole) {
  const common::Digest id = common::Sha256::of("small");
  const auto expect_corrupt = [&] {
    std::string shown;
    ASSERT_FAILS(contents().get(id, 100), common::ErrorKind::Corrupt);
    ASSERT_FAILS(contents().check_then_read(id,
                                            [&](std::string_view piece) {
                                              shown.append(piece);
                                              return common::Status();
                                            }),
                 common::ErrorKind::Corrupt);
    EXPECT_EQ(shown, "");
  };
  const Value digest = Blob{std::string(id.view())};
  change("UPDATE chunks SET data = $1 WHERE digest = $2", {Blob{"smaLl"}, digest});
  expect_corrupt();
  change("UPDATE chunks SET data = $1 WHERE digest = $2", {Blob{"small"}, digest});
  ASSERT_OK(contents().get(id, 100));
  change("UPDATE contents SET size = 6 WHERE digest = $1", {digest});
  expect_corrupt();
  change("UPDATE contents SET size = 5 WHERE digest = $1", {digest});
  change("DELETE FROM chunks WHERE digest = $1", {digest});
  expect_corrupt();
  change("DELETE FROM contents WHERE digest = $1", {digest});
  ASSERT_FAILS(contents().get(id, 100), common::ErrorKind::NotFound);
}

TEST_P(ContentsRead, RefusesAStoreThatPromisesTooMuch) {
  const common::Digest id = common::Sha256::of("small");
  change("UPDATE contents SET size = -5 WHERE digest = $1", {Blob{std::string(id.view())}});

  ASSERT_FAILS(contents().size(id), common::ErrorKind::Corrupt);
  ASSERT_FAILS(contents().get(id, 100), common::ErrorKind::Corrupt);
}

}  // namespace
}  // namespace mailkeep::store
