// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Verify: re-hashes every message, rebuilds the log's tree, compares it with the head and every
// signed checkpoint, and checks both directions: each entry has its fact, each fact its entry.
// Read-only, needs no key but the signer's public one. Errors: Database; faults are data.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::store {

struct Fault {
  std::string
      kind;        // "content-altered", "entry-missing", "sighting-unlogged", ... (docs/formats.md)
  std::string id;  // the record: a digest, a log position, a table's key
  std::string detail;  // one sentence
};

struct VerifyReport {
  std::uint64_t messages = 0;  // contents re-hashed
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;  // log entries
  std::uint64_t checkpoints = 0;
  std::vector<Fault> faults;  // at most kMaxFaults are kept; then one more says so
  bool ok() const { return faults.empty(); }
};

inline constexpr std::size_t kMaxFaults = 10'000;

using VerifyProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

common::Result<VerifyReport> verify(Archive& archive, const VerifyProgress& progress);

}  // namespace mailkeep::store
