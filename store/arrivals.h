// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Arrivals: how much came in, by account and day, and what is still missing; for dashboards.
//
// Counted once and kept in memory, then followed with the log: asking again costs what came in
// since. Keep one object for as long as the archive is open. Any thread may call.
// Errors: Database, Corrupt.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/clock.h"
#include "common/guarded.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

struct Amount {
  std::uint64_t messages = 0;  // sightings
  std::uint64_t bytes = 0;     // of them, uncompressed
};

class Arrivals {
 public:
  using Day = std::int64_t;  // since 1970-01-01, UTC
  using ByAccountAndDay = std::map<std::pair<AccountId, Day>, Amount>;

  explicit Arrivals(Archive& archive) : archive_(archive) {}

  common::Result<ByAccountAndDay> by_day();
  common::Result<std::map<AccountId, Amount>> totals();

 private:
  struct Counted {
    std::int64_t next_position = 0;
    ByAccountAndDay amounts;
  };
  Archive& archive_;
  common::Guarded<Counted> counted_;
};

std::string date_of(Arrivals::Day day);  // "2026-11-23"

// UIDs and UIDLs that the servers last claimed and that are neither archived nor excluded: the
// number of gaps in the report. From the cursors alone, so it is cheap for IMAP.
common::Result<std::map<AccountId, std::uint64_t>> count_gaps(Archive& archive);

}  // namespace mailkeep::store
