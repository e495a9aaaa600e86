// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/proof_paths.h"

#include <algorithm>
#include <bit>

namespace mailkeep::store {

using common::Digest;

std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

std::vector<Digest> inclusion_path(std::uint64_t position, std::uint64_t size,
                                   const RangeRoot& root) {
  std::vector<Digest> path;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split_of(end - begin);
    if (position < middle) {
      path.push_back(root(middle, end));
      end = middle;
    } else {
      path.push_back(root(begin, middle));
      begin = middle;
    }
  }
  // Found from the root down; it is read from the leaf up.
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<Digest> consistency_path(std::uint64_t first, std::uint64_t second,
                                     const RangeRoot& root) {
  std::vector<Digest> path;
  std::uint64_t begin = 0;
  std::uint64_t end = second;
  bool is_whole_old_tree = true;  // [begin, first) is all of the older tree: its root is known
  while (first != end) {
    const std::uint64_t middle = begin + split_of(end - begin);
    if (first <= middle) {
      path.push_back(root(middle, end));
      end = middle;
    } else {
      path.push_back(root(begin, middle));
      begin = middle;
      is_whole_old_tree = false;
    }
  }
  if (!is_whole_old_tree) path.push_back(root(begin, end));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace mailkeep::store
