// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/writer_queue.h"

#include <algorithm>

namespace mailkeep::store {
namespace {

// A fetcher's batch takes some tens of milliseconds, an interactive commit some few: so a busy
// service still archives, and a busy fetcher costs a person one batch at most.
constexpr unsigned kMaxInteractiveInARow = 8;

}  // namespace

bool WriterQueue::take(Urgency urgency, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!is_taken_) {  // then nobody waits: give_back() hands over without letting go
    is_taken_ = true;
    interactive_in_a_row_ = urgency == Urgency::Interactive ? interactive_in_a_row_ + 1 : 0;
    return true;
  }
  Waiter self;
  Line& mine = line(urgency);
  mine.push_back(&self);
  self.called.wait_for(lock, patience, [&self] { return self.has_turn; });
  if (!self.has_turn) mine.erase(std::find(mine.begin(), mine.end(), &self));
  return self.has_turn;
}

WriterQueue::Line* WriterQueue::next_line() {
  if (interactive_.empty() && bulk_.empty()) return nullptr;
  const bool is_bulks_turn =
      interactive_.empty() || (!bulk_.empty() && interactive_in_a_row_ >= kMaxInteractiveInARow);
  interactive_in_a_row_ = is_bulks_turn ? 0 : interactive_in_a_row_ + 1;
  return is_bulks_turn ? &bulk_ : &interactive_;
}

void WriterQueue::give_back() {
  const std::lock_guard lock(mutex_);
  Line* const next = next_line();
  is_taken_ = next != nullptr;
  if (next == nullptr) return;
  Waiter* const waiter = next->front();
  next->pop_front();
  waiter->has_turn = true;
  // Under the lock: the waiter is gone as soon as it has seen its turn.
  waiter->called.notify_one();
}

std::size_t WriterQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return interactive_.size() + bulk_.size();
}

}  // namespace mailkeep::store
