// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Passes: what the fetcher's passes over the accounts came to. Reads only, but for prune().
// Any thread may call. Errors: Database.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

struct Pass {
  std::int64_t id = 0;
  AccountId account{};
  common::Micros started = 0;
  std::optional<common::Micros> finished;  // none: at work, or its process died
  std::string outcome;                     // "complete", "incomplete", "failed"; empty while open
  std::string error;                       // of the pass as a whole
  std::uint64_t folders = 0;               // that the server listed
};

struct LastPasses {
  std::optional<Pass> last;
  std::optional<common::Micros> last_end;      // of the newest that finished
  std::optional<common::Micros> last_success;  // end of the newest that was complete
};

class Passes {
 public:
  explicit Passes(Archive& archive) : archive_(archive) {}

  // Of every account that was ever fetched.
  common::Result<std::map<AccountId, LastPasses>> latest();

  // Of one account, newest first; before: only those with a smaller id.
  common::Result<std::vector<Pass>> list(AccountId account, std::optional<std::int64_t> before,
                                         std::size_t limit);
  common::Result<std::uint64_t> count(AccountId account);

  // Forgets all but the newest `keep` of the account, and never its newest complete one.
  common::Status prune(AccountId account, std::int64_t keep);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
