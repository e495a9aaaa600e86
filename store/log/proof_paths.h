// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Merkle audit and consistency paths (RFC 6962 §2.1.1, §2.1.2) over whatever knows the roots of
// ranges of leaves. Pure.

#include <cstdint>
#include <functional>
#include <vector>

#include "common/digest.h"

namespace mailkeep::store {

// The root of the leaves [begin, end), end > begin. It is asked for ranges of the tree alone: those
// that begin at a multiple of the smallest power of two that is not below their length.
using RangeRoot = std::function<common::Digest(std::uint64_t begin, std::uint64_t end)>;

// Where RFC 6962 parts a tree of n > 1 leaves: the largest power of two below n.
std::uint64_t split_of(std::uint64_t n);

// position < size.
std::vector<common::Digest> inclusion_path(std::uint64_t position, std::uint64_t size,
                                           const RangeRoot& root);
// 0 < first <= second; empty if they are equal.
std::vector<common::Digest> consistency_path(std::uint64_t first, std::uint64_t second,
                                             const RangeRoot& root);

}  // namespace mailkeep::store
