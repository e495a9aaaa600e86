// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// GapList: what is missing of a folder, one gap a message, kept as sets: two million gaps of one
// kind in a row cost as much as one. In order of UID, then of UIDL. Plain data.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "store/uid_set.h"

namespace mailkeep::store {

struct Gap {
  Uid uid = 0;
  std::string uidl;   // POP3 instead of uid
  std::string state;  // "failed", "pending" or "vanished"
  std::string reason;
  std::uint32_t attempts = 0;
};

class GapList {
 public:
  void add(const UidSet& uids, std::string_view state, std::string_view reason,
           std::uint32_t attempts);
  void add(Gap gap);  // of a UIDL, in order

  std::uint64_t size() const;
  bool empty() const { return size() == 0; }
  std::uint64_t count(std::string_view state) const;

  // Every gap in order; stops at the first error.
  common::Status each(const std::function<common::Status(const Gap&)>& visit) const;
  // The first of them: a list for people is never longer than they can read.
  std::vector<Gap> first(std::size_t limit) const;

 private:
  struct Group {
    std::string state;
    std::string reason;
    std::uint32_t attempts = 0;
    UidSet uids;
  };
  std::vector<Group> groups_;  // disjoint
  std::vector<Gap> uidls_;
};

}  // namespace mailkeep::store
