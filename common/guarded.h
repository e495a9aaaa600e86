// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Guarded<T>: a value that can only be reached under its lock. No lock is held across I/O.

#include <mutex>
#include <utility>

namespace mailkeep::common {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // with([](T& value) { ... }) runs under the lock and returns what the function returns.
  template <class Function>
  decltype(auto) with(Function&& function) {
    const std::lock_guard lock(mutex_);
    return std::forward<Function>(function)(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace mailkeep::common
