// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The log's tree: RFC 6962 §2.1 with SHA-256. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/digest.h"

namespace mailkeep::store {

common::Digest leaf_hash(std::string_view entry);
common::Digest node_hash(const common::Digest& left, const common::Digest& right);

// A tree of any size in at most 64 hashes: the roots of its complete subtrees, largest first.
// Appending costs one hash on average; every past leaf can be forgotten.
class Frontier {
 public:
  void append(const common::Digest& leaf);
  std::uint64_t size() const { return size_; }
  common::Digest root() const;  // SHA-256 of nothing for the empty tree

  std::string encode() const;  // 32 bytes for each complete subtree
  // Nothing unless there is exactly one hash for each bit that is set in size.
  static std::optional<Frontier> decode(std::uint64_t size, std::string_view bytes);

  bool operator==(const Frontier&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<common::Digest> roots_;
};

}  // namespace mailkeep::store
