// SPDX-License-Identifier: GPL-3.0-or-later
#include <system_error>
#include <utility>

#include "api/work_queue_internal.h"
#include "common/check.h"

namespace mailkeep::api {

void WorkQueue::push(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    queue_.push_back(std::move(work));
    if (queue_.size() > idle_ && threads_.size() < max_threads_) add_thread();
  }
  changed_.notify_one();
}

// The system may permit fewer threads than we do. Then those that are there do the work.
void WorkQueue::add_thread() {
  try {
    threads_.emplace_back([this] { run(); });
    ++idle_;  // from now on: it will take something as soon as it runs
  } catch (const std::system_error&) {
    MAILKEEP_CHECK(!threads_.empty());
  }
}

std::size_t WorkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  const std::size_t takers = idle_ + (max_threads_ - threads_.size());
  return queue_.size() > takers ? queue_.size() - takers : 0;
}

std::size_t WorkQueue::busy() const {
  const std::lock_guard lock(mutex_);
  return threads_.size() - idle_;
}

void WorkQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_closed_ || !queue_.empty(); });
    --idle_;
    if (is_closed_) return;
    const Work work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
    ++idle_;
  }
}

void WorkQueue::close() {
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    queue_.clear();
    threads.swap(threads_);
  }
  changed_.notify_all();
  threads.clear();  // joins
}

}  // namespace mailkeep::api
