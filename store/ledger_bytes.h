// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// BatchBytes: the distinct contents of a batch on their way into `contents` and `chunks`.
// Private to store/. Not shared between threads.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/digest.h"
#include "common/result.h"
#include "store/chunk_codec.h"
#include "store/ledger.h"
#include "store/lookup.h"
#include "store/sql/database.h"

namespace mailkeep::store {

class BatchBytes {
 public:
  // Compresses what is not in the store yet and proves it, before any transaction is open. A body
  // that was too large for memory on its way in is left for write(), which streams it.
  // The arrivals must outlive this object.
  static common::Result<BatchBytes> prepare(Database& database,
                                            const std::vector<Arrival>& arrivals);

  // Writes what is not there; the digests that it wrote. In order of digest: two transactions that
  // bring the same contents wait for each other instead of ending in a deadlock.
  common::Result<DigestSet> write(Connection& connection);

 private:
  struct Content {
    const Body* body = nullptr;
    std::optional<std::vector<Chunk>> chunks;  // nothing: not prepared
  };
  class ChunkRows;

  std::vector<common::Digest> digests() const;
  common::Status pack_all(const std::vector<Content*>& fresh);
  static common::Status pack(ChunkCodec& codec, Content& content);
  common::Status stream(const common::Digest& digest, const Body& body, ChunkRows& rows);

  ChunkCodec codec_;
  std::map<common::Digest, Content> contents_;
};

}  // namespace mailkeep::store
