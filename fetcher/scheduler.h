// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Scheduler: fetches each account again and again, in the process that stays.
//
// An account is due one interval after its last pass ended, as the ledger says: a restart fetches
// nothing before its time. Accounts and jobs are read again twice a second, so that an account that
// was added, paused or changed, and a job that was asked for, take effect at once. What fails waits
// longer (agenda.h); who asks for a fetch now does not. Each pass is that of fetcher::fetch(): what
// is sealed is durable, whenever the process ends.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "fetcher/fetch.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::fetcher {

struct SchedulerOptions {
  std::chrono::seconds interval{300};  // of accounts that have none of their own
  unsigned workers = 8;
  unsigned connections_per_host = 8;                 // never below 2
  std::chrono::milliseconds look_interval{500};      // between two looks at accounts and jobs
  std::function<void()> on_look;                     // a sign of life, at least every five seconds
  std::function<void(const AccountResult&)> on_end;  // after each pass; one call at a time
};

// Waiting: due, or asked for, and no worker or connection to its server is free.
enum class Activity { Idle, Waiting, Running };
std::string_view name_of(Activity activity);  // "idle" "waiting" "running"

struct AccountStatus {
  store::AccountId account{};
  std::string name;
  Activity activity = Activity::Idle;
  std::optional<common::Micros> next_due;  // none: paused
  unsigned failures = 0;                   // passes in a row that failed as a whole
  std::optional<AccountResult> last;       // of the last pass of this process
  std::optional<Progress> progress;        // while it runs
};

class Scheduler {
 public:
  // The archive must outlive it.
  Scheduler(store::Archive& archive, SchedulerOptions options);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Works until a stop is asked for; the passes at work end between two messages. Returns early
  // with an error of the store (Database, Busy, Disk, Corrupt); it may be called again.
  common::Status run(std::stop_token stop);

  // Any thread may call.
  void notify();  // a job was written: look now
  std::vector<AccountStatus> status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::fetcher
