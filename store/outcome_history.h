// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// OutcomeHistory: what the outcomes of one epoch, read in order, say of each UID in the end.
// Private to store/. Pure.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"
#include "store/uid_set.h"

namespace mailkeep::store {

inline constexpr std::string_view kStateExcluded = "excluded";
inline constexpr std::string_view kStateFailed = "failed";
inline constexpr std::string_view kStateVanished = "vanished";
inline constexpr std::string_view kStateReopened = "reopened";

std::string_view name_of(UidState state);

class OutcomeHistory {
 public:
  struct Group {  // UIDs whose last outcome is this one
    std::string state;
    std::string reason;
    UidSet uids;
  };
  struct Last {
    std::string state;
    std::string reason;
  };

  void add(std::string_view state, std::string_view reason, const UidSet& uids,
           std::string_view uidl);

  const std::vector<Group>& groups() const { return groups_; }
  UidSet uids_in(std::string_view state) const;
  UidSet uids_in(std::string_view state, std::string_view reason) const;
  const std::map<std::string, Last, std::less<>>& uidls() const { return uidls_; }
  bool uidl_is(std::string_view uidl, std::string_view state) const;
  bool uidl_is(std::string_view uidl, std::string_view state, std::string_view reason) const;

 private:
  std::vector<Group> groups_;
  std::map<std::string, Last, std::less<>> uidls_;
};

}  // namespace mailkeep::store
