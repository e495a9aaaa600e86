// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/contents.h"

#include <algorithm>
#include <vector>

#include "common/encoding.h"
#include "common/printable.h"
#include "store/chunk_codec.h"
#include "store/sql/database.h"

namespace mailkeep::store {

using common::Digest;
using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kMinPrefix = 4;
constexpr std::size_t kDigestDigits = 64;

struct ContentRow {
  std::int64_t size = 0;
  std::int64_t chunk_count = 0;
};

tl::unexpected<common::Error> corrupt(const Digest& id, std::string_view why) {
  return common::fail(ErrorKind::Corrupt,
                      "message {} is damaged in the store ({}): run `mailkeep verify`", id.hex(),
                      why);
}

Result<ContentRow> find_row(Connection& connection, const Digest& id) {
  std::optional<ContentRow> found;
  MAILKEEP_CHECKED(connection.query("SELECT size, chunk_count FROM contents WHERE digest = $1",
                                    {Blob{std::string(id.view())}}, [&](const Row& row) {
                                      found = {row.integer(0), row.integer(1)};
                                      return Status();
                                    }));
  if (!found) return common::fail(ErrorKind::NotFound, "there is no message {}", id.hex());
  return *found;
}

// The pieces of one content in order, each checked for what can be known before the end.
class PieceReader {
 public:
  PieceReader(const Digest& id, const std::function<Status(std::string_view)>& sink)
      : id_(id), sink_(sink) {}

  Status take(const Row& row) {
    if (row.integer(0) != next_seq_) return corrupt(id_, "a piece is missing");
    ++next_seq_;
    const auto plain = codec_.unpack(row.integer(1), row.integer(2), row.bytes(3));
    if (!plain) return corrupt(id_, plain.error().text);
    hash_.update(*plain);
    size_ += static_cast<std::int64_t>(plain->size());
    return sink_(*plain);
  }

  Status finish(const ContentRow& expected) {
    if (next_seq_ != expected.chunk_count || size_ != expected.size)
      return corrupt(id_, "its size is not what was recorded");
    if (hash_.finish() != id_) return corrupt(id_, "its bytes do not give its SHA-256");
    return {};
  }

 private:
  const Digest& id_;
  const std::function<Status(std::string_view)>& sink_;
  ChunkCodec codec_;
  common::Sha256 hash_;
  std::int64_t next_seq_ = 0;
  std::int64_t size_ = 0;
};

Status read_from(Connection& connection, const Digest& id,
                 const std::function<Status(std::string_view)>& sink) {
  MAILKEEP_TRY(expected, find_row(connection, id));
  PieceReader reader(id, sink);
  MAILKEEP_CHECKED(connection.query(
      "SELECT seq, codec, plain_size, data FROM chunks WHERE digest = $1 ORDER BY seq",
      {Blob{std::string(id.view())}}, [&](const Row& row) { return reader.take(row); }));
  return reader.finish(expected);
}

Result<std::string> read_piece(Database& database, const Digest& id, std::int64_t seq) {
  std::optional<std::string> piece;
  ChunkCodec codec;
  MAILKEEP_TRY(reading, database.begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT codec, plain_size, data FROM chunks WHERE digest = $1 AND seq = $2",
      {Blob{std::string(id.view())}, seq}, [&](const Row& row) -> Status {
        const auto plain = codec.unpack(row.integer(0), row.integer(1), row.bytes(2));
        if (!plain) return corrupt(id, plain.error().text);
        piece.emplace(*plain);
        return {};
      }));
  if (!piece) return corrupt(id, "a piece is missing");
  return *std::move(piece);
}

}  // namespace

Result<Digest> Contents::resolve(std::string_view prefix) {
  const bool is_hex = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!is_hex || prefix.size() < kMinPrefix || prefix.size() > kDigestDigits)
    return common::fail(ErrorKind::Usage,
                        "'{}' is not a message ID: give 4 to 64 hexadecimal digits",
                        common::printable(prefix));
  const std::string rest(kDigestDigits - prefix.size(), '0');
  const std::string last(kDigestDigits - prefix.size(), 'f');
  std::vector<Digest> found;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT digest FROM contents WHERE digest >= $1 AND digest <= $2 ORDER BY digest LIMIT 2",
      {Blob{*common::from_hex(std::string(prefix) + rest)},
       Blob{*common::from_hex(std::string(prefix) + last)}},
      [&](const Row& row) -> Status {
        if (const auto digest = Digest::from_bytes(row.bytes(0))) found.push_back(*digest);
        return {};
      }));
  if (found.empty())
    return common::fail(ErrorKind::NotFound, "no message has an ID that begins with {}", prefix);
  if (found.size() > 1)
    return common::fail(ErrorKind::Conflict,
                        "several messages have an ID that begins with {}: give more digits",
                        prefix);
  return found.front();
}

Result<std::uint64_t> Contents::size(const Digest& id) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(row, find_row(reading->connection(), id));
  if (row.size < 0) return corrupt(id, "its size is negative");
  return static_cast<std::uint64_t>(row.size);
}

Status Contents::read(const Digest& id, const std::function<Status(std::string_view)>& sink) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return read_from(reading->connection(), id, sink);
}

Status Contents::check_then_read(const Digest& id,
                                 const std::function<Status(std::string_view)>& sink) {
  std::vector<Digest> proven;
  MAILKEEP_CHECKED(read(id, [&proven](std::string_view piece) -> Status {
    proven.push_back(common::Sha256::of(piece));
    return {};
  }));
  // The sink may wait for a slow client, and a snapshot that is held meanwhile keeps the database
  // from tidying up. So each piece is read on its own, and is what was proven or is not handed out.
  for (std::size_t seq = 0; seq < proven.size(); ++seq) {
    MAILKEEP_TRY(piece, read_piece(archive_.database(), id, static_cast<std::int64_t>(seq)));
    if (common::Sha256::of(piece) != proven[seq])
      return corrupt(id, "it was changed while it was read");
    MAILKEEP_CHECKED(sink(piece));
  }
  return {};
}

Result<std::string> Contents::get(const Digest& id, std::uint64_t max_bytes) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(row, find_row(reading->connection(), id));
  if (row.size < 0) return corrupt(id, "its size is negative");
  if (static_cast<std::uint64_t>(row.size) > max_bytes)
    return common::fail(ErrorKind::Limit, "message {} has {} bytes, more than the limit of {}",
                        id.hex(), row.size, max_bytes);
  std::string bytes;
  MAILKEEP_CHECKED(read_from(reading->connection(), id, [&](std::string_view piece) -> Status {
    if (bytes.size() + piece.size() > max_bytes) return corrupt(id, "it is larger than recorded");
    bytes.append(piece);
    return {};
  }));
  return bytes;
}

}  // namespace mailkeep::store
