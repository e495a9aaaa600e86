// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// WriterQueue: whose turn it is where there is one writer. Any thread may call. Private to store/.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

#include "store/sql/database.h"

namespace mailkeep::store {

class WriterQueue {
 public:
  // True: the writer is the caller's until give_back(). False: it was not free in time.
  bool take(Urgency urgency, std::chrono::milliseconds patience);
  void give_back();
  std::size_t waiting() const;

 private:
  struct Waiter {
    std::condition_variable called;
    bool has_turn = false;
  };
  using Line = std::deque<Waiter*>;
  Line& line(Urgency urgency) { return urgency == Urgency::Interactive ? interactive_ : bulk_; }
  Line* next_line();

  mutable std::mutex mutex_;
  Line interactive_, bulk_;
  bool is_taken_ = false;
  unsigned interactive_in_a_row_ = 0;
};

}  // namespace mailkeep::store
