// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/uid_chunks.h"

#include <algorithm>

namespace mailkeep::fetcher::imap {

namespace {

constexpr std::size_t kLongestRange = 22;  // ",4294967294:4294967295"

}  // namespace

store::UidSet UidChunks::next(std::size_t max_uids, std::size_t max_bytes) {
  store::UidSet chunk;
  std::size_t bytes = 0;
  while (!empty() && max_uids > 0 && bytes + kLongestRange <= max_bytes) {
    const auto& range = uids_.ranges()[at_];
    const std::size_t left = range.last - range.first + std::size_t{1} - handed_;
    const std::size_t count = std::min(left, max_uids);
    const auto first = static_cast<store::Uid>(range.first + handed_);
    const auto last = static_cast<store::Uid>(first + (count - 1));
    chunk.add(first, last);
    bytes += std::to_string(first).size() + (count > 1 ? std::to_string(last).size() + 1 : 0) + 1;
    max_uids -= count;
    handed_ += count;
    if (count == left) {
      ++at_;
      handed_ = 0;
    }
  }
  return chunk;
}

store::UidSet UidChunks::rest() const {
  store::UidSet rest;
  for (std::size_t i = at_; i < uids_.ranges().size(); ++i) {
    const auto& range = uids_.ranges()[i];
    const std::size_t skipped = i == at_ ? handed_ : 0;
    rest.add(static_cast<store::Uid>(range.first + skipped), range.last);
  }
  return rest;
}

}  // namespace mailkeep::fetcher::imap
