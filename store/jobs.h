// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Jobs: work that outlives the request that asked for it. The API adds them; the process that holds
// the lease "jobs" claims and does them.
//
// Durable on return. Any thread may call. Errors: Database, and what stands at each function.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

enum class JobKind { Fetch, AccountTest };
enum class JobState { Queued, Running, Done, Failed, Cancelled };

struct Job {
  JobId id{};
  JobKind kind = JobKind::Fetch;
  JobState state = JobState::Queued;
  std::optional<AccountId> account;
  std::string actor;  // who asked for it
  common::Micros created = 0;
  std::optional<common::Micros> started;
  std::optional<common::Micros> finished;
  std::string progress;  // a JSON object, or empty
  std::string result;    // a JSON object, or empty
  std::string error;     // a sentence, or empty
  bool cancel_asked = false;
};

struct AddedJob {
  Job job;
  bool is_new = true;  // false: there was one of this kind for this account, not begun yet
};

struct JobQuery {
  std::optional<JobState> state;
  std::optional<std::vector<AccountId>> accounts;  // none: all, also jobs of no account
  std::optional<JobId> before;                     // only older ones
  std::size_t limit = 100;
};

class Jobs {
 public:
  explicit Jobs(Archive& archive) : archive_(archive) {}

  common::Result<AddedJob> add(JobKind kind, std::optional<AccountId> account,
                               std::string_view actor);
  common::Result<Job> find(JobId id);  // NotFound

  common::Result<std::vector<Job>> list(const JobQuery& query);  // newest first
  common::Result<std::uint64_t> count(const JobQuery& query);    // without before and limit

  // The oldest queued job of these kinds, running from now on; each is given to one claimer.
  common::Result<std::optional<Job>> claim_next(std::span<const JobKind> kinds);

  // For the job's runner. The job must be running, else Conflict. set_progress() says whether
  // somebody asked for a cancellation.
  common::Result<bool> set_progress(JobId id, std::string_view json);
  common::Status finish(JobId id, JobState state, std::string_view result_json,
                        std::string_view error);

  // A queued job is cancelled at once, a running one is asked to end; one that is over stays.
  common::Result<Job> ask_cancel(JobId id);  // NotFound

  // Jobs that run although nobody runs them: their process died. Queued again, or cancelled where
  // that was asked for; how many. The caller holds the lease "jobs" and runs none itself.
  common::Result<std::int64_t> give_back_orphans();

 private:
  Archive& archive_;
};

std::string_view name_of(JobKind kind);    // "fetch" "account-test"
std::string_view name_of(JobState state);  // "queued" "running" "done" "failed" "cancelled"
std::optional<JobKind> job_kind_from(std::string_view name);
std::optional<JobState> job_state_from(std::string_view name);

}  // namespace mailkeep::store
