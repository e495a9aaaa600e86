// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/merkle.h"

#include <bit>

namespace mailkeep::store {
namespace {

constexpr char kLeafPrefix = '\x00';  // RFC 6962 §2.1: a leaf can never be read as a node
constexpr char kNodePrefix = '\x01';
constexpr std::size_t kHashBytes = 32;

}  // namespace

common::Digest leaf_hash(std::string_view entry) {
  std::string bytes(1, kLeafPrefix);
  bytes.append(entry);
  return common::Sha256::of(bytes);
}

common::Digest node_hash(const common::Digest& left, const common::Digest& right) {
  std::string bytes(1, kNodePrefix);
  bytes.append(left.view()).append(right.view());
  return common::Sha256::of(bytes);
}

void Frontier::append(const common::Digest& leaf) {
  common::Digest subtree = leaf;
  // Each trailing set bit of the size is a complete subtree that the new one now completes.
  for (std::uint64_t rest = size_; (rest & 1U) != 0; rest >>= 1U) {
    subtree = node_hash(roots_.back(), subtree);
    roots_.pop_back();
  }
  roots_.push_back(subtree);
  ++size_;
}

common::Digest Frontier::root() const {
  if (roots_.empty()) return common::Sha256::of("");
  common::Digest root = roots_.back();
  for (std::size_t i = roots_.size() - 1; i > 0; --i) root = node_hash(roots_[i - 1], root);
  return root;
}

std::string Frontier::encode() const {
  std::string bytes;
  bytes.reserve(roots_.size() * kHashBytes);
  for (const common::Digest& root : roots_) bytes.append(root.view());
  return bytes;
}

std::optional<Frontier> Frontier::decode(std::uint64_t size, std::string_view bytes) {
  const auto count = static_cast<std::size_t>(std::popcount(size));
  if (bytes.size() != count * kHashBytes) return std::nullopt;
  Frontier frontier;
  frontier.size_ = size;
  for (std::size_t i = 0; i < count; ++i)
    frontier.roots_.push_back(
        *common::Digest::from_bytes(bytes.substr(i * kHashBytes, kHashBytes)));
  return frontier;
}

}  // namespace mailkeep::store
