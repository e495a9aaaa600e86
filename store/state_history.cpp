// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/state_history.h"

#include <algorithm>
#include <bit>

#include "store/ledger_states.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

Result<StateHistory> StateHistory::read(Connection& connection) {
  std::vector<EpochId> epochs;
  MAILKEEP_CHECKED(
      connection.query("SELECT DISTINCT epoch_id FROM states", {}, [&](const Row& row) {
        epochs.push_back(EpochId{row.integer(0)});
        return Status();
      }));
  return read(connection, epochs);
}

Result<StateHistory> StateHistory::read(Connection& connection,
                                        const std::vector<EpochId>& epochs) {
  StateHistory history;
  for (const EpochId epoch : epochs) MAILKEEP_CHECKED(history.read_epoch(connection, epoch));
  return history;
}

Status StateHistory::read_epoch(Connection& connection, EpochId epoch) {
  BySpan& entries = epochs_[epoch];
  MAILKEEP_CHECKED(each_state(connection, epoch,
                              [&](common::Micros since, const std::vector<StateChange>& changes) {
                                for (const StateChange& change : changes)
                                  add(entries, since, change);
                              }));
  for (std::vector<Entry>& list : entries)
    std::stable_sort(list.begin(), list.end(),
                     [](const Entry& a, const Entry& b) { return a.first < b.first; });
  return {};
}

void StateHistory::add(BySpan& entries, common::Micros since, const StateChange& change) {
  const auto record = static_cast<std::uint32_t>(records_.size());
  records_.push_back({change.kind, change.value, since});
  for (const UidSet::Range& range : change.uids.ranges())
    entries.at(static_cast<std::size_t>(std::bit_width(range.last - range.first)))
        .push_back({range.first, range.last, record});
}

std::vector<StateRecord> StateHistory::of(EpochId epoch, Uid uid) const {
  const auto found = epochs_.find(epoch);
  if (found == epochs_.end()) return {};
  std::vector<std::uint32_t> numbers;
  for (std::size_t width = 0; width < found->second.size(); ++width) {
    const std::vector<Entry>& list = found->second.at(width);
    const std::uint64_t span = (std::uint64_t{1} << width) - 1;  // the widest of this list
    const std::uint64_t from = uid > span ? uid - span : 0;
    auto at = std::partition_point(list.begin(), list.end(),
                                   [from](const Entry& entry) { return entry.first < from; });
    for (; at != list.end() && at->first <= uid; ++at) {
      if (at->last >= uid) numbers.push_back(at->record);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<StateRecord> states;
  states.reserve(numbers.size());
  for (const std::uint32_t number : numbers) states.push_back(records_[number]);
  return states;
}

}  // namespace mailkeep::store
