// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ThreadWalk: from one message to all that are connected with it by Message-IDs. Private to
// indexer/.

#include <xapian.h>

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "indexer/search/seen_in.h"

namespace mailkeep::search {

// Of those that share forged ids there may be any number.
inline constexpr std::size_t kMaxThreadWalk = 10'000;

class ThreadWalk {
 public:
  explicit ThreadWalk(const Xapian::Database& database) : database_(database) {}

  // Documents in view, nearest first, at most `limit`.
  std::vector<Xapian::docid> run(Xapian::docid start, const View& view, std::size_t limit);
  // Whether there is, or may be, more.
  bool is_truncated() const { return is_truncated_; }

 private:
  void see(Xapian::docid document);
  // Each id that the message has or names, to each message that has or names it.
  void follow(Xapian::docid document);
  void follow_id(const std::string& id);

  const Xapian::Database& database_;
  std::deque<Xapian::docid> waiting_;
  std::unordered_set<Xapian::docid> seen_;
  std::unordered_set<std::string> seen_ids_;
  bool is_truncated_ = false;
};

}  // namespace mailkeep::search
