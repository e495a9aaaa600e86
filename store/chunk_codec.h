// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ChunkCodec: a piece of a body as it lies in `chunks`, and back. Private to store/.
//
// pack() unpacks what it packed and compares before it returns, so that nothing that cannot be
// given back exactly is ever written. Not shared between threads.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

namespace mailkeep::store {

inline constexpr std::size_t kChunkBytes = 1U << 20U;  // plain bytes in every chunk but the last
inline constexpr std::int64_t kCodecRaw = 0;
inline constexpr std::int64_t kCodecZstd = 1;  // one frame

struct Chunk {
  std::int64_t codec = kCodecRaw;
  std::int64_t plain_size = 0;
  std::string data;
};

// The number of chunks of a body: ceil(size / kChunkBytes), so none for an empty one.
constexpr std::uint64_t chunk_count(std::uint64_t size) {
  return size / kChunkBytes + (size % kChunkBytes == 0 ? 0 : 1);
}

class ChunkCodec {
 public:
  ChunkCodec();
  ~ChunkCodec();
  ChunkCodec(ChunkCodec&&) noexcept;
  ChunkCodec& operator=(ChunkCodec&&) noexcept;

  // At most kChunkBytes. Corrupt if compression does not give the same bytes back.
  common::Result<Chunk> pack(std::string_view plain);

  // The plain bytes, valid until the next call or until `data` goes. Corrupt for whatever is not
  // exactly what pack() could have written; never takes more than kChunkBytes of memory.
  common::Result<std::string_view> unpack(std::int64_t codec, std::int64_t plain_size,
                                          std::string_view data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::store
