// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Overview: the counts that `mailkeep status` prints. Reads only. Errors: Database.

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::store {

struct Overview {
  std::string engine;  // "sqlite" or "postgresql"
  std::string schema;  // schema version
  std::uint64_t accounts = 0;
  std::uint64_t messages = 0;  // distinct contents
  std::uint64_t sightings = 0;
  std::uint64_t raw_bytes = 0;     // of the contents, uncompressed
  std::uint64_t stored_bytes = 0;  // of the contents, as compressed
  std::uint64_t log_entries = 0;
  std::string secret_key_id;  // fingerprint of the key that seals credentials; empty if none
};

common::Result<Overview> overview(Archive& archive);

// What came in on one day (UTC): contents that were archived for the first time.
struct GrowthDay {
  std::string day;  // "2026-11-23"
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // uncompressed
};

// Ascending, only days on which something came in. Reads every sighting: keep the answer a while.
common::Result<std::vector<GrowthDay>> growth(Archive& archive);

}  // namespace mailkeep::store
