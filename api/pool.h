// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Pool: things that one thread may use at a time and that are dear to make (a Searcher, a Viewer
// with its child). At most `most` are out at once; who wants another waits.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/deadline.h"
#include "common/result.h"

namespace mailkeep::api {

template <class T>
class Pool {
 public:
  using Make = std::function<common::Result<std::unique_ptr<T>>()>;

  // Goes back to the pool when it goes out of scope. The pool must outlive it.
  class Loan {
   public:
    Loan(Pool& pool, std::unique_ptr<T> thing) : pool_(&pool), thing_(std::move(thing)) {}
    Loan(Loan&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), thing_(std::move(other.thing_)) {}
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (pool_ != nullptr) pool_->give_back(std::move(thing_));
    }
    T& operator*() { return *thing_; }
    T* operator->() { return thing_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<T> thing_;
  };

  Pool(std::size_t most, Make make) : most_(most), make_(std::move(make)) {}

  // Busy when the deadline passes first; otherwise the errors of `make`. Any thread may call.
  common::Result<Loan> take(common::Deadline deadline) {
    std::unique_ptr<T> thing;
    {
      std::unique_lock lock(mutex_);
      if (!given_back_.wait_for(lock, deadline.left(), [this] { return out_ < most_; }))
        return common::fail(common::ErrorKind::Busy, "too many questions at once: try again");
      ++out_;
      if (!idle_.empty()) {
        thing = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (thing == nullptr) {
      auto made = make_();
      if (!made) {
        give_back(nullptr);
        return tl::unexpected(std::move(made).error());
      }
      thing = std::move(*made);
    }
    return Loan(*this, std::move(thing));
  }

 private:
  void give_back(std::unique_ptr<T> thing) {
    {
      const std::lock_guard lock(mutex_);
      --out_;
      if (thing != nullptr) idle_.push_back(std::move(thing));
    }
    given_back_.notify_one();
  }

  std::size_t most_;
  Make make_;
  std::mutex mutex_;  // guards the two below
  std::vector<std::unique_ptr<T>> idle_;
  std::size_t out_ = 0;
  std::condition_variable given_back_;
};

}  // namespace mailkeep::api
