// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/body.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "common/error.h"

namespace mailkeep::store {
namespace {

namespace fs = std::filesystem;

class BodyTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mailkeep-body-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    data_dir_ = name;
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(data_dir_, ignored);
  }

  Body write(const std::string& bytes, std::size_t piece) {
    BodyWriter writer(data_dir_);
    writer.expect(bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      EXPECT_TRUE(writer.append(std::string_view(bytes).substr(at, piece)));
    EXPECT_EQ(writer.size(), bytes.size());
    auto body = std::move(writer).finish();
    EXPECT_TRUE(body);
    return std::move(*body);
  }

  fs::path data_dir_;
};

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31 + i / 256) & 0xffU);
  return bytes;
}

std::string read_all(const Body& body, std::size_t piece_bytes) {
  std::string bytes;
  const auto status = body.read(piece_bytes, [&](std::string_view piece) {
    EXPECT_LE(piece.size(), piece_bytes);
    bytes.append(piece);
    return common::Status();
  });
  EXPECT_TRUE(status);
  return bytes;
}

TEST_F(BodyTest, StaysInMemoryUpToTheThreshold) {
  const std::string bytes = pattern(kSpoolThresholdBytes);
  const Body body = write(bytes, 65536);

  EXPECT_FALSE(fs::exists(data_dir_ / "spool"));
  EXPECT_EQ(body.digest(), common::Sha256::of(bytes));
  EXPECT_TRUE(read_all(body, 1000) == bytes);
}

TEST_F(BodyTest, GoesIntoANamelessFileBeyondTheThreshold) {
  const std::string bytes = pattern(kSpoolThresholdBytes + 1);
  const Body body = write(bytes, 65536);

  EXPECT_TRUE(fs::is_directory(data_dir_ / "spool"));
  EXPECT_TRUE(fs::is_empty(data_dir_ / "spool"));
  EXPECT_EQ(body.digest(), common::Sha256::of(bytes));
  EXPECT_EQ(body.size(), bytes.size());
  EXPECT_TRUE(read_all(body, 100'000) == bytes);
  EXPECT_TRUE(read_all(body, 1U << 20U) == bytes);
}

TEST_F(BodyTest, HoldsNothingAndNuls) {
  EXPECT_EQ(write("", 1).size(), 0U);
  EXPECT_EQ(write("", 1).digest(), common::Sha256::of(""));
  const std::string nuls("\0a\0\0\r", 5);
  EXPECT_EQ(read_all(write(nuls, 2), 3), nuls);
  EXPECT_EQ(read_all(Body::of(nuls), 2), nuls);
}

TEST_F(BodyTest, SurvivesBeingMoved) {
  const std::string bytes = pattern(kSpoolThresholdBytes + 5);
  Body first = write(bytes, 1U << 20U);
  Body second = std::move(first);
  Body third;
  third = std::move(second);

  EXPECT_EQ(third.size(), bytes.size());
  EXPECT_TRUE(read_all(third, 1U << 20U) == bytes);
}

TEST_F(BodyTest, StopsAtTheFirstErrorOfTheSink) {
  int calls = 0;
  const auto status = Body::of("abcdef").read(2, [&](std::string_view) -> common::Status {
    ++calls;
    return common::fail(common::ErrorKind::Disk, "full");
  });

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text, "full");
  EXPECT_EQ(calls, 1);
}

TEST_F(BodyTest, NamesTheSpoolWhenItCannotBeWritten) {
  BodyWriter writer(data_dir_ / "file-in-the-way");
  std::string name = (data_dir_ / "file-in-the-way").string();
  FILE* file = fopen(name.c_str(), "w");
  ASSERT_NE(file, nullptr);
  fclose(file);

  const auto status = writer.append(pattern(kSpoolThresholdBytes + 1));

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, common::ErrorKind::Disk);
  EXPECT_NE(status.error().text.find("spool"), std::string::npos);
}

}  // namespace
}  // namespace mailkeep::store
