// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/encoding.h"

#include <gtest/gtest.h>

namespace mailkeep::common {
namespace {

TEST(Encoding, HexGoesThereAndBackForEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));

  EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
}

TEST(Encoding, RefusesBrokenHex) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_EQ(from_hex("0AfF"), std::string("\x0a\xff"));
}

TEST(Encoding, Base64FollowsTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
  }
}

TEST(Encoding, RefusesBrokenBase64) {
  for (const char* text : {"Zg=", "Zg", "Zm9v\n", " Zm9v", "Z!9v"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Encoding, PercentDecodingRefusesHalfAnEscape) {
  EXPECT_EQ(percent_decode("a%40b%2f"), "a@b/");
  EXPECT_FALSE(percent_decode("a%4"));
  EXPECT_FALSE(percent_decode("a%zz"));
}

TEST(FieldReader, ReadsWhatWasWritten) {
  std::string bytes;
  put_u8(bytes, 7);
  put_u32(bytes, 0x01020304);
  put_u64(bytes, 0xfffffffffffffffe);
  put_field(bytes, "name");

  FieldReader reader(bytes);

  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.u32(), 0x01020304U);
  EXPECT_EQ(reader.u64(), 0xfffffffffffffffeU);
  EXPECT_EQ(reader.field(), "name");
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(FieldReader, SaysWhenAFieldAnnouncesMoreThanThereIs) {
  std::string bytes;
  put_u32(bytes, 0xffffffff);
  bytes += "short";

  FieldReader reader(bytes);

  EXPECT_EQ(reader.field(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u64(), 0U);
}

}  // namespace
}  // namespace mailkeep::common
