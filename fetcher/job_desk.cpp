// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/job_desk.h"

#include <array>
#include <string>
#include <utility>

#include "common/json_line.h"
#include "common/log.h"
#include "common/printable.h"
#include "store/folder_name.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::JsonLine;
using common::LogLevel;
using store::JobId;
using store::JobKind;
using store::JobState;

namespace {

constexpr std::size_t kMostAtOnce = 100;  // claimed in one look

std::string progress_json(const std::optional<Progress>& progress) {
  if (!progress) return "{}";
  return JsonLine()
      .add("messages", progress->messages)
      .add("bytes", progress->bytes)
      .add("expected", progress->expected)
      .add("folder", store::decode_imap_folder(progress->folder).text)
      .text();
}

std::string test_json(const TestReport& report) {
  std::string steps = "[";
  for (const TestStep& step : report.steps) {
    if (steps.size() > 1) steps += ',';
    steps += JsonLine()
                 .add("step", step.name)
                 .add("ok", step.ok)
                 .add("detail", common::printable(step.detail))
                 .text();
  }
  return JsonLine().add("ok", !report.error.has_value()).add_raw("steps", steps + "]").text();
}

}  // namespace

common::Result<bool> JobDesk::has_lease() {
  if (lease_ && lease_->is_held()) return true;
  lease_.reset();
  auto lease = store::Lease::take(archive_, "jobs");
  if (!lease && lease.error().kind == ErrorKind::Busy) return false;
  if (!lease) return tl::unexpected(std::move(lease).error());
  lease_.emplace(std::move(*lease));
  may_have_orphans_ = true;
  return true;
}

common::Result<std::vector<store::Job>> JobDesk::claim(std::size_t tests, bool has_none) {
  std::vector<store::Job> claimed;
  MAILKEEP_TRY(is_ours, has_lease());
  if (!is_ours) return claimed;
  // Order: what a dead process left is queued again before anything is claimed, so that the oldest
  // wish stays the first. A lease that was lost and taken again finds our own jobs at work.
  if (may_have_orphans_ && has_none) {
    MAILKEEP_CHECKED(jobs_.give_back_orphans());
    may_have_orphans_ = false;
  }
  constexpr std::array<JobKind, 2> kKinds = {JobKind::Fetch, JobKind::AccountTest};
  while (claimed.size() < kMostAtOnce) {
    MAILKEEP_TRY(job, jobs_.claim_next({kKinds.data(), tests > 0 ? 2U : 1U}));
    if (!job) break;
    if (job->kind == JobKind::AccountTest) --tests;
    claimed.push_back(*std::move(job));
  }
  return claimed;
}

bool JobDesk::report(JobId job, const std::optional<Progress>& progress) {
  const auto asked = jobs_.set_progress(job, progress_json(progress));
  if (asked) return *asked;
  common::log(LogLevel::Warning, "fetch.job.unrecorded",
              {{"job", store::number(job)}, {"error", asked.error().text}});
  return false;
}

void JobDesk::finish(JobId job, const AccountResult& result, bool is_cancelled) {
  const std::string json = JsonLine()
                               .add("messages", result.messages)
                               .add("bytes", result.bytes)
                               .add("failed", result.failed)
                               .text();
  const bool is_stopped = is_cancelled && result.error;
  const JobState state = is_stopped     ? JobState::Cancelled
                         : result.error ? JobState::Failed
                                        : JobState::Done;
  end(job, state, json, result.error && !is_stopped ? result.error->text : "");
}

void JobDesk::finish(JobId job, const common::Result<TestReport>& result, bool is_cancelled) {
  if (is_cancelled) return cancel(job);
  if (!result) return refuse(job, result.error());
  // A step that failed is what the test has found out: the job is done.
  end(job, JobState::Done, test_json(*result), "");
}

void JobDesk::refuse(JobId job, const common::Error& error) {
  end(job, JobState::Failed, "{}", error.text);
}

void JobDesk::cancel(JobId job) { end(job, JobState::Cancelled, "{}", ""); }

void JobDesk::end(JobId job, JobState state, const std::string& result, const std::string& error) {
  if (const auto status = jobs_.finish(job, state, result, common::printable(error)); !status)
    common::log(LogLevel::Warning, "fetch.job.unrecorded",
                {{"job", store::number(job)}, {"error", status.error().text}});
}

}  // namespace mailkeep::fetcher
