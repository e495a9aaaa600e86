// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_bytes.h"

#include <array>
#include <atomic>
#include <string_view>
#include <thread>
#include <utility>

namespace mailkeep::store {

using common::Digest;
using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::array<std::string_view, 3> kContentColumns = {"digest", "size", "chunk_count"};
constexpr std::array<std::string_view, 5> kChunkColumns = {"digest", "seq", "codec", "plain_size",
                                                           "data"};
constexpr std::size_t kWorthASecondThread = 32;  // messages
constexpr std::size_t kRowBytes = 4U << 20U;     // handed to the driver at once, at most about this

}  // namespace

// Chunk rows gathered for one bulk load.
class BatchBytes::ChunkRows {
 public:
  explicit ChunkRows(Connection& connection) : connection_(connection) {}

  Status add(const Digest& digest, std::int64_t seq, Chunk chunk) {
    bytes_ += chunk.data.size();
    rows_.push_back(
        {blob(digest.view()), seq, chunk.codec, chunk.plain_size, Blob{std::move(chunk.data)}});
    if (bytes_ >= kRowBytes) return flush();
    return {};
  }

  Status flush() {
    if (rows_.empty()) return {};
    MAILKEEP_CHECKED(connection_.insert_rows("chunks", kChunkColumns, rows_, true));
    rows_.clear();
    bytes_ = 0;
    return {};
  }

 private:
  Connection& connection_;
  std::vector<std::vector<Value>> rows_;
  std::size_t bytes_ = 0;
};

Result<BatchBytes> BatchBytes::prepare(Database& database, const std::vector<Arrival>& arrivals) {
  BatchBytes bytes;
  for (const Arrival& arrival : arrivals)
    bytes.contents_[arrival.body.digest()].body = &arrival.body;
  if (arrivals.empty()) return bytes;
  DigestSet known;
  {
    MAILKEEP_TRY(reading, database.begin_read());
    MAILKEEP_TRY(found, find_digests(reading->connection(), "contents", bytes.digests()));
    known = std::move(found);
  }
  std::vector<Content*> fresh;
  for (auto& [digest, content] : bytes.contents_) {
    const bool is_spooled = content.body->size() > kSpoolThresholdBytes;
    if (!is_spooled && !known.contains(digest)) fresh.push_back(&content);
  }
  MAILKEEP_CHECKED(bytes.pack_all(fresh));
  return bytes;
}

Result<DigestSet> BatchBytes::write(Connection& connection) {
  MAILKEEP_TRY(known, find_digests(connection, "contents", digests()));
  DigestSet written;
  std::vector<std::vector<Value>> rows;
  for (const auto& [digest, content] : contents_) {
    if (known.contains(digest)) continue;
    const std::uint64_t size = content.body->size();
    rows.push_back({blob(digest.view()), static_cast<std::int64_t>(size),
                    static_cast<std::int64_t>(chunk_count(size))});
    written.insert(digest);
  }
  // Order: contents before chunks. Where another transaction brings the same content, this insert
  // waits for its end, and the chunks below then meet the very same rows and are left out.
  MAILKEEP_CHECKED(connection.insert_rows("contents", kContentColumns, rows, true));
  ChunkRows chunk_rows(connection);
  for (auto& [digest, content] : contents_) {
    if (!written.contains(digest)) continue;
    if (!content.chunks) {
      MAILKEEP_CHECKED(stream(digest, *content.body, chunk_rows));
      continue;
    }
    std::int64_t seq = 0;
    for (Chunk& chunk : *content.chunks)
      MAILKEEP_CHECKED(chunk_rows.add(digest, seq++, std::move(chunk)));
    content.chunks.reset();
  }
  MAILKEEP_CHECKED(chunk_rows.flush());
  return written;
}

std::vector<Digest> BatchBytes::digests() const {
  std::vector<Digest> all;
  all.reserve(contents_.size());
  for (const auto& [digest, content] : contents_) all.push_back(digest);
  return all;
}

// Packing takes longer than all else that a batch needs, and the writer would wait for it: a second
// thread takes part of it.
Status BatchBytes::pack_all(const std::vector<Content*>& fresh) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&](ChunkCodec& codec) -> Status {
    for (std::size_t i = next++; i < fresh.size(); i = next++)
      MAILKEEP_CHECKED(pack(codec, *fresh[i]));
    return {};
  };
  if (fresh.size() < kWorthASecondThread) return work(codec_);
  Status other;
  {
    const std::jthread helper([&] {
      ChunkCodec codec;
      other = work(codec);
    });
    MAILKEEP_CHECKED(work(codec_));
  }
  return other;
}

Status BatchBytes::pack(ChunkCodec& codec, Content& content) {
  content.chunks.emplace();
  return content.body->read(kChunkBytes, [&](std::string_view plain) -> Status {
    MAILKEEP_TRY(chunk, codec.pack(plain));
    content.chunks->push_back(std::move(chunk));
    return {};
  });
}

Status BatchBytes::stream(const Digest& digest, const Body& body, ChunkRows& rows) {
  common::Sha256 hash;  // the spool is a disk too: what is read back must be what was received
  std::int64_t seq = 0;
  MAILKEEP_CHECKED(body.read(kChunkBytes, [&](std::string_view plain) -> Status {
    hash.update(plain);
    MAILKEEP_TRY(chunk, codec_.pack(plain));
    return rows.add(digest, seq++, std::move(chunk));
  }));
  if (hash.finish() != digest)
    return common::fail(ErrorKind::Corrupt,
                        "a message changed in the spool before it was stored: the disk of the data "
                        "directory may be faulty; nothing was written");
  return {};
}

}  // namespace mailkeep::store
