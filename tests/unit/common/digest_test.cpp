// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/digest.h"

#include <gtest/gtest.h>

#include "common/encoding.h"

namespace mailkeep::common {
namespace {

TEST(Sha256, FollowsTheStandardsExamples) {
  EXPECT_EQ(Sha256::of("").hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256::of("abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, GivesTheSameInPiecesAndStartsAfreshAfterFinish) {
  Sha256 hash;
  for (const char* piece : {"a", "", "bc"}) hash.update(piece);

  EXPECT_EQ(hash.finish(), Sha256::of("abc"));
  EXPECT_EQ(hash.finish(), Sha256::of(""));
}

TEST(HmacSha256, FollowsRfc4231) {
  const std::string key_1(20, '\x0b');
  EXPECT_EQ(hmac_sha256(key_1, "Hi There").hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?").hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::string long_key(131, '\xaa');
  EXPECT_EQ(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First").hex(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, RefusesAnyOtherLength) {
  EXPECT_FALSE(Digest::from_hex("00"));
  EXPECT_FALSE(Digest::from_bytes(std::string(31, 'x')));
  EXPECT_TRUE(Digest::from_bytes(std::string(32, 'x')));
}

TEST(RandomBytes, AreNotTheSameTwice) { EXPECT_NE(random_bytes(32), random_bytes(32)); }

}  // namespace
}  // namespace mailkeep::common
