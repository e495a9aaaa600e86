// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Proofs: that an entry is in the log, and that one head of the log continues another
// (RFC 6962 §2.1.1, §2.1.2), for somebody who does not trust this archive.
//
// Inner nodes are not stored. The roots of complete runs of 256 leaves are computed once and kept
// in memory (32 bytes for each 256 entries), so that a proof reads at most a few hundred leaf
// hashes once the object has seen the log. Leaf hashes are taken as stored: that they fit their
// entries is for `verify` to say, and for whoever checks the proof. Keep one object for as long as
// the archive is open. Any thread may call. Errors: Database, Corrupt (a hole in the log), NotFound
// (beyond the end), Usage (first > second).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "common/guarded.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

struct LogEntry {
  LogPosition position{};
  std::string kind;  // "archived", "seen-again", ...
  common::Micros time = 0;
  std::string bytes;  // as docs/formats.md states it
  common::Digest leaf_hash;
  std::string salt;  // 32 bytes; empty if it was destroyed
  std::string fact;  // canonical bytes of the row that it commits to; empty if there is none
};

class Connection;

class Proofs {
 public:
  explicit Proofs(Archive& archive) : archive_(archive) {}

  // The hashes from the leaf's sibling up to the root of the first `size` entries.
  common::Result<std::vector<common::Digest>> inclusion_proof(LogPosition position,
                                                              std::uint64_t size);
  // Empty if first is 0 or both are equal.
  common::Result<std::vector<common::Digest>> consistency_proof(std::uint64_t first,
                                                                std::uint64_t second);
  common::Result<common::Digest> root(std::uint64_t size);

  // Salt and fact open the entry's commitments: they are for those who may see the message.
  common::Result<LogEntry> entry(LogPosition position);

 private:
  using Tiles = std::vector<common::Digest>;  // roots of complete runs of leaves
  common::Result<Tiles> tiles_up_to(Connection& connection, std::uint64_t size);

  Archive& archive_;
  common::Guarded<Tiles> tiles_;  // from the first entry on
};

}  // namespace mailkeep::store
