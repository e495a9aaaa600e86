// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// WorkQueue: threads, as many as are needed up to a limit, and what waits for them.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mailkeep::api {

// Any thread.
class WorkQueue {
 public:
  using Work = std::function<void()>;

  explicit WorkQueue(unsigned max_threads) : max_threads_(max_threads) {}
  ~WorkQueue() { close(); }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void push(Work work);
  std::size_t waiting() const;  // work that no thread has taken, beyond what idle threads will
  std::size_t busy() const;
  void close();  // what waits is dropped; returns when running work has ended

 private:
  void add_thread();
  void run();

  const unsigned max_threads_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  std::vector<std::jthread> threads_;
  std::size_t idle_ = 0;
  bool is_closed_ = false;
};

}  // namespace mailkeep::api
