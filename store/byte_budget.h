// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ByteBudget: how many bytes of mail each account has fetched in this UTC day, so that a provider's
// daily limit is kept over any number of passes, restarts, processes and hosts.
//
// Working state, no evidence. Durable on return; any thread may call. Errors: Database.

#include <cstdint>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

class ByteBudget {
 public:
  explicit ByteBudget(Archive& archive) : archive_(archive) {}

  // Adds to what was fetched today.
  common::Status spend(AccountId account, std::uint64_t bytes);
  common::Result<std::uint64_t> spent(AccountId account);
  // What is left today of `limit` bytes; 0 when it is used up.
  common::Result<std::uint64_t> left(AccountId account, std::uint64_t limit);

  // When the day of `now` ends: the next 00:00 UTC.
  static common::Micros next_day(common::Micros now);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
