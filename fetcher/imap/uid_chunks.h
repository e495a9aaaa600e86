// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// UidChunks: a set of UIDs cut into sets small enough for one command each: ascending, as some
// servers insist, and short, as RFC 2683 §3.2.1.5 asks.

#include <cstddef>

#include "store/uid_set.h"

namespace mailkeep::fetcher::imap {

class UidChunks {
 public:
  explicit UidChunks(store::UidSet uids) : uids_(std::move(uids)) {}

  bool empty() const { return at_ == uids_.ranges().size(); }
  // At most max_uids UIDs whose sequence set has at most max_bytes characters.
  store::UidSet next(std::size_t max_uids, std::size_t max_bytes);
  store::UidSet rest() const;

 private:
  store::UidSet uids_;
  std::size_t at_ = 0;      // the range that is being handed out
  std::size_t handed_ = 0;  // UIDs of it that are out already
};

}  // namespace mailkeep::fetcher::imap
