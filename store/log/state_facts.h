// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The facts about what changes on the server: states, names and deletions (docs/formats.md,
// "Facts"). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "store/ids.h"
#include "store/states.h"

namespace mailkeep::store {

struct StateFact {
  EpochId epoch{};
  std::string_view changes;  // as encode_changes gives them
  common::Micros time = 0;
};

struct RenameFact {
  EpochId epoch{};
  std::string_view folder;
  common::Micros time = 0;
};

struct DeletionFact {
  EpochId epoch{};
  std::string_view state;
  std::string_view uids;   // a sequence set
  std::string_view uidls;  // field after field
  std::string_view detail;
  common::Micros time = 0;
};

std::string encode(const StateFact& fact);
std::string encode(const RenameFact& fact);
std::string encode(const DeletionFact& fact);

// The changes of a state entry, in the caller's order.
std::string encode_changes(const std::vector<StateChange>& changes);
std::optional<std::vector<StateChange>> decode_changes(std::string_view bytes);

}  // namespace mailkeep::store
