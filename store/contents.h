// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Contents: the exact bytes again, proven by their SHA-256 at every reading.
// Any thread may call. Errors: NotFound, Corrupt (never hands out altered bytes as whole),
// Database.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/digest.h"
#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::store {

class Contents {
 public:
  explicit Contents(Archive& archive) : archive_(archive) {}

  // ID as people type it: 64 hex digits or an unambiguous prefix of at least 4.
  // NotFound, Conflict if several begin so, Usage if it is not hexadecimal.
  common::Result<common::Digest> resolve(std::string_view prefix);

  common::Result<std::uint64_t> size(const common::Digest& id);

  // All pieces in order, at most 1 MiB each. Corrupt is only known after the last piece: a caller
  // that must not show altered bytes checks first (check_then_read does both, in bounded memory).
  common::Status read(const common::Digest& id,
                      const std::function<common::Status(std::string_view)>& sink);
  // The sink of this one may wait for as long as it likes: nothing is held for it.
  common::Status check_then_read(const common::Digest& id,
                                 const std::function<common::Status(std::string_view)>& sink);

  // Whole, in memory. Limit if larger than max_bytes.
  common::Result<std::string> get(const common::Digest& id, std::uint64_t max_bytes);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
