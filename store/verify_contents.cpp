// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <optional>

#include "common/digest.h"
#include "common/encoding.h"
#include "store/chunk_codec.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Status;

namespace {

// Every content with its chunks, in one reading in the order of digest and number.
class ContentReader {
 public:
  explicit ContentReader(Verification& run) : run_(run) {}

  void take(const Row& row) {
    if (!is_open_ || row.bytes(0) != digest_) {
      finish();
      begin(row);
    }
    if (!row.is_null(3)) take_chunk(row);
  }

  void finish() {
    if (!is_open_) return;
    is_open_ = false;
    const common::Digest found = hash_.finish();
    if (!fault_) check_end(found);
    if (fault_) run_.faults.add("content-altered", common::to_hex(digest_), *fault_);
    ++run_.report.messages;
    run_.advance();
  }

 private:
  void begin(const Row& row) {
    is_open_ = true;
    digest_ = row.bytes(0);
    size_ = row.integer(1);
    chunk_count_ = row.integer(2);
    seq_ = 0;
    seen_bytes_ = 0;
    fault_.reset();
  }

  void take_chunk(const Row& row) {
    if (fault_) return;  // the rest of a damaged content says nothing new
    const std::int64_t seq = row.integer(3);
    if (seq != seq_) {
      fault_ = fmt::format("Chunk {} is missing, chunk {} follows.", seq_, seq);
      return;
    }
    ++seq_;
    // Every chunk but the last is full: then the bytes lie in one way only.
    const std::int64_t wanted =
        std::min<std::int64_t>(static_cast<std::int64_t>(kChunkBytes), size_ - seen_bytes_);
    const auto plain = codec_.unpack(row.integer(4), row.integer(5), row.bytes(6));
    if (!plain) {
      fault_ = fmt::format("Chunk {}: {}.", seq, plain.error().text);
    } else if (row.integer(5) != wanted) {
      fault_ = fmt::format("Chunk {} holds {} bytes where {} belong.", seq, row.integer(5), wanted);
    } else {
      hash_.update(*plain);
      seen_bytes_ += row.integer(5);
      run_.report.bytes += plain->size();
    }
  }

  void check_end(const common::Digest& found) {
    if (seq_ != chunk_count_) {
      fault_ = fmt::format("{} chunks are recorded and {} are there.", chunk_count_, seq_);
    } else if (seen_bytes_ != size_) {
      fault_ = fmt::format("{} bytes are recorded and {} are there.", size_, seen_bytes_);
    } else if (found.view() != digest_) {
      fault_ = fmt::format("Its bytes have the SHA-256 {}.", found.hex());
    }
  }

  Verification& run_;
  ChunkCodec codec_;
  common::Sha256 hash_;
  bool is_open_ = false;
  std::string digest_;
  std::int64_t size_ = 0;
  std::int64_t chunk_count_ = 0;
  std::int64_t seq_ = 0;
  std::int64_t seen_bytes_ = 0;
  std::optional<std::string> fault_;
};

Status read_contents(Verification& run) {
  ContentReader reader(run);
  MAILKEEP_CHECKED(run.connection.query(
      "SELECT c.digest, c.size, c.chunk_count, k.seq, k.codec, k.plain_size, k.data "
      "FROM contents c LEFT JOIN chunks k ON k.digest = c.digest ORDER BY c.digest, k.seq",
      {}, [&](const Row& row) {
        reader.take(row);
        return Status();
      }));
  reader.finish();
  return {};
}

// Chunks that no content owns, and contents that nothing sighted and nobody wrote.
Status find_strays(Verification& run) {
  MAILKEEP_CHECKED(run.connection.query(
      "SELECT k.digest, k.seq FROM chunks k LEFT JOIN contents c ON c.digest = k.digest "
      "WHERE c.digest IS NULL",
      {}, [&](const Row& row) {
        run.faults.add("chunk-unowned",
                       fmt::format("{}/{}", common::to_hex(row.bytes(0)), row.integer(1)),
                       "There is a chunk and no content that it belongs to.");
        return Status();
      }));
  return run.connection.query(
      "SELECT c.digest FROM contents c "
      "WHERE NOT EXISTS (SELECT 1 FROM sightings s WHERE s.digest = c.digest) "
      "AND NOT EXISTS (SELECT 1 FROM submissions w WHERE w.digest = c.digest)",
      {}, [&](const Row& row) {
        run.faults.add(
            "content-unlogged", common::to_hex(row.bytes(0)),
            "There is a content that no sighting, no submission and so no log entry knows of.");
        return Status();
      });
}

// Rows of a table of facts whose content is not there, or is of another size.
Status find_lost(Verification& run, std::string_view table, std::string_view noun) {
  return run.connection.query(
      fmt::format("SELECT s.digest, s.position, s.size, c.size FROM {} s LEFT JOIN contents c "
                  "ON c.digest = s.digest WHERE c.digest IS NULL OR c.size <> s.size",
                  table),
      {}, [&](const Row& row) {
        const bool is_missing = row.is_null(3);
        run.faults.add(
            is_missing ? "content-missing" : "content-altered", common::to_hex(row.bytes(0)),
            is_missing
                ? fmt::format("The {} at log position {} has lost its bytes.", noun, row.integer(1))
                : fmt::format("The {} at log position {} has {} bytes, its content "
                              "states {}.",
                              noun, row.integer(1), row.integer(2), row.integer(3)));
        return Status();
      });
}

}  // namespace

Status verify_contents(Verification& run) {
  MAILKEEP_CHECKED(read_contents(run));
  MAILKEEP_CHECKED(find_strays(run));
  MAILKEEP_CHECKED(find_lost(run, "sightings", "sighting"));
  return find_lost(run, "submissions", "submission");
}

}  // namespace mailkeep::store
