// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/chunk_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "common/digest.h"

namespace mailkeep::store {
namespace {

std::string unpacked(ChunkCodec& codec, const Chunk& chunk) {
  const auto plain = codec.unpack(chunk.codec, chunk.plain_size, chunk.data);
  EXPECT_TRUE(plain);
  return plain ? std::string(*plain) : "failed";
}

TEST(ChunkCodec, GivesBackWhatItPacked) {
  ChunkCodec codec;
  for (const std::string& plain : {std::string(), std::string("x"), std::string("\0\0", 2),
                                   std::string(kChunkBytes, 'a'), common::random_bytes(70'000),
                                   std::string("Received: from mail\r\n") + std::string(99, '=')}) {
    const auto chunk = codec.pack(plain);
    ASSERT_TRUE(chunk);
    EXPECT_TRUE(unpacked(codec, *chunk) == plain) << plain.size();
    EXPECT_LE(chunk->data.size(), plain.size());
  }
}

TEST(ChunkCodec, KeepsRawWhatDoesNotShrink) {
  ChunkCodec codec;
  EXPECT_EQ(codec.pack(common::random_bytes(5000))->codec, kCodecRaw);
  EXPECT_EQ(codec.pack("a")->codec, kCodecRaw);
  EXPECT_EQ(codec.pack(std::string(5000, 'a'))->codec, kCodecZstd);
}

TEST(ChunkCodec, RefusesEveryFormThatItWouldNotWrite) {
  ChunkCodec codec;
  const auto fails = [&](std::int64_t kind, std::int64_t size, std::string_view data) {
    const auto plain = codec.unpack(kind, size, data);
    return !plain && plain.error().kind == common::ErrorKind::Corrupt;
  };
  const Chunk chunk = *codec.pack(std::string(5000, 'a'));

  EXPECT_TRUE(fails(kCodecZstd, 4999, chunk.data));
  EXPECT_TRUE(fails(kCodecZstd, 5001, chunk.data));
  EXPECT_TRUE(fails(kCodecZstd, 5000, chunk.data + "x"));
  EXPECT_TRUE(fails(kCodecZstd, 5000, chunk.data + chunk.data));
  EXPECT_TRUE(fails(kCodecZstd, 5000, std::string_view(chunk.data).substr(1)));
  EXPECT_TRUE(fails(kCodecZstd, 5000, ""));
  EXPECT_TRUE(fails(kCodecRaw, 5000, chunk.data));
  EXPECT_TRUE(fails(kCodecRaw, -1, ""));
  EXPECT_TRUE(fails(kCodecRaw, 1LL << 40, ""));
  EXPECT_TRUE(fails(2, 5000, chunk.data));
  EXPECT_TRUE(fails(-1, 5000, chunk.data));
}

TEST(ChunkCodec, CountsTheChunksOfABody) {
  EXPECT_EQ(chunk_count(0), 0U);
  EXPECT_EQ(chunk_count(1), 1U);
  EXPECT_EQ(chunk_count(kChunkBytes), 1U);
  EXPECT_EQ(chunk_count(kChunkBytes + 1), 2U);
}

}  // namespace
}  // namespace mailkeep::store
