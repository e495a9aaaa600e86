// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/outcome_history.h"

#include <algorithm>

namespace mailkeep::store {

std::string_view name_of(UidState state) {
  switch (state) {
    case UidState::Excluded:
      return kStateExcluded;
    case UidState::Failed:
      return kStateFailed;
    case UidState::Vanished:
      return kStateVanished;
    case UidState::Reopened:
      return kStateReopened;
  }
  return {};
}

void OutcomeHistory::add(std::string_view state, std::string_view reason, const UidSet& uids,
                         std::string_view uidl) {
  if (!uidl.empty()) {
    uidls_[std::string(uidl)] = {std::string(state), std::string(reason)};
    return;
  }
  if (uids.empty()) return;
  for (Group& group : groups_) group.uids.remove(uids);
  const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& candidate) {
    return candidate.state == state && candidate.reason == reason;
  });
  if (group == groups_.end()) {
    groups_.push_back({std::string(state), std::string(reason), uids});
  } else {
    group->uids.add(uids);
  }
}

UidSet OutcomeHistory::uids_in(std::string_view state) const {
  UidSet all;
  for (const Group& group : groups_) {
    if (group.state == state) all.add(group.uids);
  }
  return all;
}

UidSet OutcomeHistory::uids_in(std::string_view state, std::string_view reason) const {
  for (const Group& group : groups_) {
    if (group.state == state && group.reason == reason) return group.uids;
  }
  return {};
}

bool OutcomeHistory::uidl_is(std::string_view uidl, std::string_view state) const {
  const auto found = uidls_.find(uidl);
  return found != uidls_.end() && found->second.state == state;
}

bool OutcomeHistory::uidl_is(std::string_view uidl, std::string_view state,
                             std::string_view reason) const {
  const auto found = uidls_.find(uidl);
  return uidl_is(uidl, state) && found->second.reason == reason;
}

}  // namespace mailkeep::store
