// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/proofs.h"

#include <algorithm>
#include <map>
#include <utility>

#include "store/log/entry.h"
#include "store/log/merkle.h"
#include "store/log/proof_paths.h"
#include "store/sql/database.h"
#include "store/verify_facts.h"

namespace mailkeep::store {

using common::Digest;
using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::uint64_t kTile = 256;  // leaves

std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }

Result<std::uint64_t> log_size(Connection& connection) {
  std::uint64_t size = 0;
  MAILKEEP_CHECKED(
      connection.query("SELECT size FROM log_head WHERE one = 1", {}, [&](const Row& row) {
        size = static_cast<std::uint64_t>(row.integer(0));
        return Status();
      }));
  return size;
}

// Nobody is shown a proof over entries that are not there.
Status check_size(Connection& connection, std::uint64_t size) {
  MAILKEEP_TRY(there, log_size(connection));
  if (size <= there) return {};
  return common::fail(ErrorKind::NotFound, "the log has {} entries, not {}", there, size);
}

Status each_leaf(Connection& connection, std::uint64_t begin, std::uint64_t end,
                 const std::function<void(const Digest&)>& take) {
  std::uint64_t next = begin;
  const auto visit = [&](const Row& row) -> Status {
    const auto leaf = Digest::from_bytes(row.bytes(1));
    if (row.integer(0) != signed_of(next) || !leaf)
      return common::fail(ErrorKind::Corrupt,
                          "the log is damaged at position {}: run `mailkeep verify`", next);
    ++next;
    take(*leaf);
    return {};
  };
  MAILKEEP_CHECKED(connection.query(
      "SELECT position, leaf_hash FROM log_entries WHERE position >= $1 AND position < $2 "
      "ORDER BY position",
      {signed_of(begin), signed_of(end)}, visit));
  if (next == end) return {};
  return common::fail(ErrorKind::Corrupt,
                      "the log is damaged at position {}: run `mailkeep verify`", next);
}

// What one proof needs: the tiles' roots, and the leaves of those tiles that it cuts through.
class Tree {
 public:
  explicit Tree(std::vector<Digest> tiles) : tiles_(std::move(tiles)) {}

  Status load_leaves(Connection& connection, std::uint64_t of_leaf, std::uint64_t size) {
    std::vector<Digest>& leaves = leaves_[of_leaf / kTile];
    if (!leaves.empty()) return {};
    const std::uint64_t begin = of_leaf / kTile * kTile;
    return each_leaf(connection, begin, std::min(begin + kTile, size),
                     [&](const Digest& leaf) { leaves.push_back(leaf); });
  }

  Digest root(std::uint64_t begin, std::uint64_t end) const {
    const std::uint64_t count = end - begin;
    if (count == kTile && begin % kTile == 0) return tiles_.at(begin / kTile);
    if (count == 1) return leaves_.at(begin / kTile).at(begin % kTile);
    const std::uint64_t middle = begin + split_of(count);
    return node_hash(root(begin, middle), root(middle, end));
  }

 private:
  std::vector<Digest> tiles_;
  std::map<std::uint64_t, std::vector<Digest>> leaves_;
};

RangeRoot roots_of(const Tree& tree) {
  return [&tree](std::uint64_t begin, std::uint64_t end) { return tree.root(begin, end); };
}

Status read_fact(Connection& connection, EntryKind kind, LogEntry& entry) {
  const FactTable& table = table_of(kind);
  return connection.query(table.query, {number(entry.position), number(entry.position)},
                          [&](const Row& row) {
                            if (auto fact = table.read(row, kind)) entry.fact = fact->fact;
                            return Status();
                          });
}

}  // namespace

Result<Proofs::Tiles> Proofs::tiles_up_to(Connection& connection, std::uint64_t size) {
  Tiles tiles = tiles_.with([](const Tiles& known) { return known; });
  const std::uint64_t known = tiles.size();
  if (known >= size / kTile) return tiles;
  Frontier tile;
  const auto take = [&](const Digest& leaf) {
    tile.append(leaf);
    if (tile.size() < kTile) return;
    tiles.push_back(tile.root());
    tile = Frontier();
  };
  MAILKEEP_CHECKED(each_leaf(connection, known * kTile, size / kTile * kTile, take));
  tiles_.with([&](Tiles& shared) {
    // Another thread may have come as far, or further, meanwhile.
    for (std::uint64_t i = shared.size(); i < tiles.size(); ++i) shared.push_back(tiles[i]);
  });
  return tiles;
}

Result<std::vector<Digest>> Proofs::inclusion_proof(LogPosition position, std::uint64_t size) {
  const auto leaf = static_cast<std::uint64_t>(number(position));
  if (number(position) < 0 || leaf >= size)
    return common::fail(ErrorKind::NotFound, "entry {} is not among the first {}", number(position),
                        size);
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  Connection& connection = reading->connection();
  MAILKEEP_CHECKED(check_size(connection, size));
  MAILKEEP_TRY(tiles, tiles_up_to(connection, size));
  Tree tree(std::move(tiles));
  MAILKEEP_CHECKED(tree.load_leaves(connection, leaf, size));
  MAILKEEP_CHECKED(tree.load_leaves(connection, size - 1, size));
  return inclusion_path(leaf, size, roots_of(tree));
}

Result<std::vector<Digest>> Proofs::consistency_proof(std::uint64_t first, std::uint64_t second) {
  if (first > second)
    return common::fail(ErrorKind::Usage, "the older head has {} entries, more than the newer one",
                        first);
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  Connection& connection = reading->connection();
  MAILKEEP_CHECKED(check_size(connection, second));
  if (first == 0 || first == second) return std::vector<Digest>();
  MAILKEEP_TRY(tiles, tiles_up_to(connection, second));
  Tree tree(std::move(tiles));
  MAILKEEP_CHECKED(tree.load_leaves(connection, first - 1, second));
  MAILKEEP_CHECKED(tree.load_leaves(connection, second - 1, second));
  return consistency_path(first, second, roots_of(tree));
}

Result<Digest> Proofs::root(std::uint64_t size) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  Connection& connection = reading->connection();
  MAILKEEP_CHECKED(check_size(connection, size));
  if (size == 0) return common::Sha256::of("");
  MAILKEEP_TRY(tiles, tiles_up_to(connection, size));
  Tree tree(std::move(tiles));
  MAILKEEP_CHECKED(tree.load_leaves(connection, size - 1, size));
  return tree.root(0, size);
}

Result<LogEntry> Proofs::entry(LogPosition position) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  std::optional<LogEntry> entry;
  std::optional<EntryKind> kind;
  const auto take = [&](const Row& row) -> Status {
    const auto decoded = decode_entry(row.bytes(0));
    const auto leaf = Digest::from_bytes(row.bytes(1));
    if (!decoded || !leaf)
      return common::fail(ErrorKind::Corrupt, "log entry {} is damaged: run `mailkeep verify`",
                          number(position));
    kind = decoded->kind;
    entry = LogEntry{position,
                     std::string(name_of(decoded->kind)),
                     decoded->time,
                     std::string(row.bytes(0)),
                     *leaf,
                     std::string(row.bytes(2)),
                     {}};
    return {};
  };
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT e.entry, e.leaf_hash, s.salt FROM log_entries e "
      "LEFT JOIN log_salts s ON s.position = e.position WHERE e.position = $1",
      {number(position)}, take));
  if (!entry) return common::fail(ErrorKind::NotFound, "the log has no entry {}", number(position));
  MAILKEEP_CHECKED(read_fact(reading->connection(), *kind, *entry));
  return *std::move(entry);
}

}  // namespace mailkeep::store
