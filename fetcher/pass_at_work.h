// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the scheduler has going, each in a thread of its own. Private to fetcher/.
// Made and destroyed by the scheduler's thread; results are read after has_ended().

#include <atomic>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "common/guarded.h"
#include "common/result.h"
#include "fetcher/fetch.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/jobs.h"

namespace mailkeep::fetcher {

// A thread that says when it is done.
class Worker {
 public:
  using Task = std::function<void(const std::stop_token&)>;
  Worker(Task task, std::function<void()> on_end);

  void request_stop() { thread_.request_stop(); }
  bool has_ended() const { return has_ended_; }

 private:
  std::atomic<bool> has_ended_ = false;
  std::jthread thread_;
};

struct PassAtWork {
  PassAtWork(store::Archive& archive, store::Account what, bool is_wish,
             std::function<void()> on_end);

  Progress snapshot() {
    return progress.with([](const Progress& now) { return now; });
  }

  store::Account account;
  bool is_asked;                 // for a person, not for the schedule
  std::vector<store::Job> jobs;  // that this pass fulfils
  bool is_cancelled = false;
  common::Guarded<Progress> progress;
  AccountResult result;
  std::optional<Worker> worker;  // last: it uses the rest
};

struct TestAtWork {
  TestAtWork(store::Archive& archive, store::Account what, store::Job wish,
             std::function<void()> on_end);

  store::Account account;
  store::Job job;
  bool is_cancelled = false;
  common::Result<TestReport> result = TestReport();
  std::optional<Worker> worker;  // last: it uses the rest
};

}  // namespace mailkeep::fetcher
