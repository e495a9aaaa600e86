// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// StateHistory: the states of the messages of some epochs, from when each held. For lists of many
// messages: a change takes some 30 bytes, a look-up the time to find it. Private to store/.

#include <array>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/sql/database.h"
#include "store/states.h"

namespace mailkeep::store {

class StateHistory {
 public:
  // Every change there is, or only those of these epochs.
  static common::Result<StateHistory> read(Connection& connection);
  static common::Result<StateHistory> read(Connection& connection,
                                           const std::vector<EpochId>& epochs);

  // In order of time.
  std::vector<StateRecord> of(EpochId epoch, Uid uid) const;

 private:
  struct Entry {
    Uid first = 0;
    Uid last = 0;
    std::uint32_t record = 0;
  };
  // Entries by the bit width of their span: those that hold a UID begin within that width of it.
  using BySpan = std::array<std::vector<Entry>, 33>;

  common::Status read_epoch(Connection& connection, EpochId epoch);
  void add(BySpan& entries, common::Micros since, const StateChange& change);

  std::map<EpochId, BySpan> epochs_;
  std::vector<StateRecord> records_;
};

}  // namespace mailkeep::store
