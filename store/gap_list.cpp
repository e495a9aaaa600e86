// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/gap_list.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace mailkeep::store {

using common::Status;

void GapList::add(const UidSet& uids, std::string_view state, std::string_view reason,
                  std::uint32_t attempts) {
  if (uids.empty()) return;
  for (Group& group : groups_) {
    if (group.state != state || group.reason != reason || group.attempts != attempts) continue;
    group.uids.add(uids);
    return;
  }
  groups_.push_back({std::string(state), std::string(reason), attempts, uids});
}

void GapList::add(Gap gap) { uidls_.push_back(std::move(gap)); }

std::uint64_t GapList::size() const {
  std::uint64_t size = uidls_.size();
  for (const Group& group : groups_) size += group.uids.size();
  return size;
}

std::uint64_t GapList::count(std::string_view state) const {
  auto count = static_cast<std::uint64_t>(std::count_if(
      uidls_.begin(), uidls_.end(), [&](const Gap& gap) { return gap.state == state; }));
  for (const Group& group : groups_) {
    if (group.state == state) count += group.uids.size();
  }
  return count;
}

Status GapList::each(const std::function<Status(const Gap&)>& visit) const {
  // The groups' ranges are disjoint: whichever begins first is due first.
  using Next = std::pair<Uid, std::pair<std::size_t, std::size_t>>;  // first UID, group, range
  std::priority_queue<Next, std::vector<Next>, std::greater<>> due;
  const auto push = [&](std::size_t group, std::size_t range) {
    const auto& ranges = groups_[group].uids.ranges();
    if (range < ranges.size()) due.push({ranges[range].first, {group, range}});
  };
  for (std::size_t i = 0; i < groups_.size(); ++i) push(i, 0);
  while (!due.empty()) {
    const auto [at, place] = due.top();
    due.pop();
    const Group& group = groups_[place.first];
    const UidSet::Range range = group.uids.ranges()[place.second];
    Gap gap{at, {}, group.state, group.reason, group.attempts};
    for (std::uint64_t uid = range.first; uid <= range.last; ++uid) {
      gap.uid = static_cast<Uid>(uid);
      MAILKEEP_CHECKED(visit(gap));
    }
    push(place.first, place.second + 1);
  }
  for (const Gap& gap : uidls_) MAILKEEP_CHECKED(visit(gap));
  return {};
}

std::vector<Gap> GapList::first(std::size_t limit) const {
  std::vector<Gap> gaps;
  const auto status = each([&](const Gap& gap) -> Status {
    if (gaps.size() == limit) return common::fail(common::ErrorKind::Cancelled, "enough");
    gaps.push_back(gap);
    return {};
  });
  static_cast<void>(status);
  return gaps;
}

}  // namespace mailkeep::store
