// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// JobDesk: takes the jobs that people asked for out of the store and writes down what becomes of
// them. Private to fetcher/. One thread.
//
// Of all processes on one store one holds the lease "jobs" and does them. A job whose process dies
// is queued again by the next holder.

#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.h"
#include "fetcher/fetch.h"
#include "store/archive.h"
#include "store/jobs.h"
#include "store/lease.h"

namespace mailkeep::fetcher {

class JobDesk {
 public:
  explicit JobDesk(store::Archive& archive) : archive_(archive), jobs_(archive) {}

  // What is queued, running from now on; at most `tests` of them are account tests. Empty while
  // another process holds the lease. has_none: this process is at work on no job.
  common::Result<std::vector<store::Job>> claim(std::size_t tests, bool has_none);
  // Gives up the lease: what was claimed and not finished is queued again by the next holder.
  void close() { lease_.reset(); }

  // Whether somebody asked for the job's end. An error of the store is none of the pass's business:
  // it is logged, and the next report says it all.
  bool report(store::JobId job, const std::optional<Progress>& progress);

  // The outcome. Errors are logged: the job is then queued again at the next start.
  void finish(store::JobId job, const AccountResult& result, bool is_cancelled);
  void finish(store::JobId job, const common::Result<TestReport>& result, bool is_cancelled);
  void refuse(store::JobId job, const common::Error& error);
  void cancel(store::JobId job);

 private:
  common::Result<bool> has_lease();
  void end(store::JobId job, store::JobState state, const std::string& result,
           const std::string& error);

  store::Archive& archive_;
  store::Jobs jobs_;
  std::optional<store::Lease> lease_;
  bool may_have_orphans_ = false;  // since the lease is ours
};

}  // namespace mailkeep::fetcher
