// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Completeness: the server's own UID set against the terminal states, folder by folder.
// Reads only. Any thread may call. Errors: Database, NotFound (unknown account name).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/uid_set.h"

namespace mailkeep::store {

struct Gap {
  Uid uid = 0;
  std::string uidl;   // POP3 instead of uid
  std::string state;  // "failed" or "pending"
  std::string reason;
  std::uint32_t attempts = 0;
};

struct FolderReport {
  std::string name;  // wire bytes
  std::uint32_t uidvalidity = 0;
  std::uint32_t epoch = 1;
  bool is_newest_epoch = true;
  std::uint64_t server = 0;    // messages in the last claim
  std::uint64_t archived = 0;  // UIDs ever archived in this epoch
  std::uint64_t excluded = 0;
  std::uint64_t failed = 0;  // of the last claim
  std::uint64_t vanished = 0;
  std::vector<Gap> gaps;  // of the last claim: neither archived nor excluded
  std::string trouble;    // the folder could not be opened or finished; empty if it was
};

struct AccountReport {
  std::string name;
  bool complete = false;  // the latest pass finished and left no gap; false if never fetched
  std::optional<common::Micros> last_pass;
  std::string error;  // of the latest pass
  std::vector<FolderReport> folders;
};

struct CompletenessReport {
  bool complete = false;  // true only if every named account is complete
  std::vector<AccountReport> accounts;
};

// names empty: every account that is fetched (not imports, not removed ones).
common::Result<CompletenessReport> completeness(Archive& archive,
                                                const std::vector<std::string>& names);

}  // namespace mailkeep::store
