// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

// A list is filled up to the next of these with its last key again, which changes no answer.
constexpr std::array<std::size_t, 4> kLengths = {1, 16, 100, 500};

struct Piece {
  std::string sql;
  std::vector<Value> parameters;
};

Piece next_piece(std::string_view sql, std::span<const Value> fixed, std::span<const Value>& keys) {
  const auto length = std::find_if(kLengths.begin(), kLengths.end(),
                                   [&](std::size_t n) { return n >= keys.size(); });
  const std::size_t wanted = length == kLengths.end() ? kLengths.back() : *length;
  const std::size_t used = std::min(wanted, keys.size());
  Piece piece{std::string(sql), {fixed.begin(), fixed.end()}};
  for (std::size_t i = 0; i < wanted; ++i) {
    piece.sql += fmt::format("{}${}", i == 0 ? "(" : ", ", fixed.size() + i + 1);
    piece.parameters.push_back(keys[std::min(i, used - 1)]);
  }
  piece.sql += ")";
  keys = keys.subspan(used);
  return piece;
}

}  // namespace

Status look_up(Connection& connection, std::string_view sql, std::span<const Value> fixed,
               std::span<const Value> keys, const RowVisitor& visit) {
  while (!keys.empty()) {
    const Piece piece = next_piece(sql, fixed, keys);
    MAILKEEP_CHECKED(connection.query(piece.sql, piece.parameters, visit));
  }
  return {};
}

Status execute_for(Connection& connection, std::string_view sql, std::span<const Value> fixed,
                   std::span<const Value> keys) {
  while (!keys.empty()) {
    const Piece piece = next_piece(sql, fixed, keys);
    MAILKEEP_CHECKED(connection.execute(piece.sql, piece.parameters));
  }
  return {};
}

Result<DigestSet> find_digests(Connection& connection, std::string_view table,
                               const std::vector<common::Digest>& digests) {
  std::vector<Value> keys;
  keys.reserve(digests.size());
  for (const common::Digest& digest : digests) keys.push_back(blob(digest.view()));
  DigestSet found;
  const std::string sql = fmt::format("SELECT DISTINCT digest FROM {} WHERE digest IN ", table);
  MAILKEEP_CHECKED(look_up(connection, sql, {}, keys, [&](const Row& row) -> Status {
    if (const auto digest = common::Digest::from_bytes(row.bytes(0))) found.insert(*digest);
    return {};
  }));
  return found;
}

}  // namespace mailkeep::store
