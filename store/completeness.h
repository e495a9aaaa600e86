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
#include "store/gap_list.h"
#include "store/uid_set.h"

namespace mailkeep::store {

struct ExcludedBy {
  std::string rule;
  std::uint64_t count = 0;
};

struct FolderReport {
  std::string name;  // wire bytes, as the folder is called now
  std::uint32_t uidvalidity = 0;
  std::uint32_t epoch = 1;
  bool is_newest_epoch = true;
  bool is_listed = true;       // false: the server's latest list of folders is without it
  std::uint64_t server = 0;    // messages in the last claim
  std::uint64_t archived = 0;  // UIDs ever archived in this epoch
  std::uint64_t excluded = 0;
  std::uint64_t failed = 0;  // of the last claim
  std::uint64_t vanished = 0;
  std::uint64_t gone = 0;     // archived, and no longer on the server
  std::uint64_t deleted = 0;  // of those: by us
  std::vector<ExcludedBy> excluded_by;
  std::optional<common::Micros> listed;   // when all UIDs were last listed
  std::optional<common::Micros> checked;  // when the server was last asked
  bool is_inferred = false;               // then it had nothing new to say, and was not listed
  // Of the last claim: neither archived nor excluded. Of a folder that is no longer listed they are
  // lost: state "vanished", reason "folder-gone".
  GapList gaps;
  std::string trouble;  // the folder could not be opened or finished; empty if it was
  std::string note;     // what people should look at; no fault
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
