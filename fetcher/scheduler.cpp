// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/scheduler.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <utility>

#include "common/guarded.h"
#include "common/log.h"
#include "fetcher/agenda.h"
#include "fetcher/job_desk.h"
#include "fetcher/pass_at_work.h"
#include "store/passes.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::LogLevel;
using common::Status;
using store::AccountId;

namespace {

constexpr std::size_t kTestsAtOnce = 4;
constexpr std::int64_t kPassesKept = 10'000;  // of each account: a month at the default interval
constexpr std::uint64_t kPrunedEvery = 500;   // passes

AgendaLimits limits_of(const SchedulerOptions& options) {
  return {options.workers, options.connections_per_host};
}

std::function<double()> random_jitter() {
  return
      [random = std::minstd_rand(std::random_device{}()),
       spread = std::uniform_real_distribution<double>(-1, 1)]() mutable { return spread(random); };
}

common::Error no_account() {
  return {ErrorKind::NotFound, "the account is not there any more, or has no server"};
}

}  // namespace

std::string_view name_of(Activity activity) {
  switch (activity) {
    case Activity::Idle:
      return "idle";
    case Activity::Waiting:
      return "waiting";
    case Activity::Running:
      return "running";
  }
  return {};
}

class Scheduler::Impl {
 public:
  Impl(store::Archive& archive, SchedulerOptions options)
      : archive_(archive),
        options_(std::move(options)),
        agenda_(limits_of(options_), random_jitter()),
        desk_(archive) {}

  Status run(const std::stop_token& stop);
  void notify();
  std::vector<AccountStatus> status() const {
    return status_.with([](const std::vector<AccountStatus>& all) { return all; });
  }

 private:
  Status work(const std::stop_token& stop);
  Status read_accounts();
  Status claim_jobs();
  void refuse_jobs_of_the_gone();
  void collect();
  void collect(PassAtWork& pass);
  void report_progress();
  void report_progress(PassAtWork& pass);
  void stop_what_is_paused();
  Status start_what_is_due();
  common::Result<bool> was_fetched_elsewhere(AccountId account);
  void publish();
  AccountStatus status_of(const store::Account& account);
  void end_all();
  void wait(const std::stop_token& stop);
  common::Micros now() const { return archive_.clock().now(); }
  const store::Account* find_account(std::optional<AccountId> id) const;

  store::Archive& archive_;
  const SchedulerOptions options_;

  // The scheduler's thread alone.
  Agenda agenda_;
  JobDesk desk_;
  std::map<AccountId, store::Account> accounts_;
  std::map<AccountId, std::vector<store::Job>> wishes_;  // claimed, and their pass has not begun
  std::map<AccountId, AccountResult> last_;
  std::map<AccountId, std::uint64_t> passes_;
  std::list<PassAtWork> running_;
  std::list<TestAtWork> tests_;
  bool is_ending_ = false;

  mutable common::Guarded<std::vector<AccountStatus>> status_;
  std::mutex mutex_;  // guards is_woken_
  std::condition_variable_any woken_;
  bool is_woken_ = false;
};

Status Scheduler::Impl::run(const std::stop_token& stop) {
  is_ending_ = false;
  auto status = work(stop);
  is_ending_ = true;
  end_all();
  return status;
}

// One look after the other; the passes themselves are in threads of their own.
Status Scheduler::Impl::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    MAILKEEP_CHECKED(read_accounts());
    MAILKEEP_CHECKED(claim_jobs());
    refuse_jobs_of_the_gone();
    collect();
    report_progress();
    stop_what_is_paused();
    MAILKEEP_CHECKED(start_what_is_due());
    publish();
    if (options_.on_look) options_.on_look();
    wait(stop);
  }
  return {};
}

Status Scheduler::Impl::read_accounts() {
  MAILKEEP_TRY(all, store::Accounts(archive_).list());
  std::vector<AgendaItem> items;
  bool has_new = false;
  std::map<AccountId, store::Account> accounts;
  for (store::Account& account : all) {
    const store::AccountSettings& settings = account.settings;
    const bool is_fetched = settings.protocol != store::Protocol::Import &&
                            account.state != store::AccountState::Removed;
    if (!is_fetched) continue;
    has_new = has_new || !accounts_.contains(account.id);
    const auto interval = settings.interval_seconds
                              ? std::chrono::seconds(*settings.interval_seconds)
                              : options_.interval;
    items.push_back({account.id, settings.host, settings.port,
                     std::max(interval, std::chrono::seconds(1)),
                     account.state == store::AccountState::Active, store::number(account.version)});
    accounts.emplace(account.id, std::move(account));
  }
  std::map<AccountId, common::Micros> last_end;
  if (has_new) {
    MAILKEEP_TRY(passes, store::Passes(archive_).latest());
    for (const auto& [id, last] : passes)
      if (last.last_end) last_end.emplace(id, *last.last_end);
  }
  accounts_ = std::move(accounts);
  agenda_.set_accounts(items, last_end, now());
  return {};
}

Status Scheduler::Impl::claim_jobs() {
  const bool has_none = wishes_.empty() && tests_.empty() &&
                        std::all_of(running_.begin(), running_.end(),
                                    [](const PassAtWork& pass) { return pass.jobs.empty(); });
  MAILKEEP_TRY(claimed,
               desk_.claim(kTestsAtOnce - std::min(kTestsAtOnce, tests_.size()), has_none));
  for (store::Job& job : claimed) {
    const store::Account* const account = find_account(job.account);
    if (account == nullptr) {
      desk_.refuse(job.id, no_account());
    } else if (job.kind == store::JobKind::AccountTest) {
      tests_.emplace_back(archive_, *account, std::move(job), [this] { notify(); });
    } else {
      agenda_.ask(account->id, now());
      wishes_[account->id].push_back(std::move(job));
    }
  }
  return {};
}

// Removed between the wish and its turn: no pass would ever come.
void Scheduler::Impl::refuse_jobs_of_the_gone() {
  std::erase_if(wishes_, [this](const auto& wish) {
    if (find_account(wish.first) != nullptr) return false;
    for (const store::Job& job : wish.second) desk_.refuse(job.id, no_account());
    return true;
  });
}

// Each is asked once whether it has ended: one that ends between two questions would be thrown away
// without a word, and its account would count as running for good.
void Scheduler::Impl::collect() {
  for (auto pass = running_.begin(); pass != running_.end();) {
    const bool has_ended = pass->worker->has_ended();
    if (has_ended) collect(*pass);
    pass = has_ended ? running_.erase(pass) : std::next(pass);
  }
  for (auto test = tests_.begin(); test != tests_.end();) {
    const bool has_ended = test->worker->has_ended();
    if (has_ended && !is_ending_) desk_.finish(test->job.id, test->result, test->is_cancelled);
    test = has_ended ? tests_.erase(test) : std::next(test);
  }
}

void Scheduler::Impl::collect(PassAtWork& pass) {
  const AccountId id = pass.account.id;
  const AccountResult& result = pass.result;
  const auto error = result.error ? std::optional(result.error->kind) : std::nullopt;
  agenda_.give_back(id, error, now());
  for (const store::Job& job : pass.jobs) {
    // What our own end has interrupted is queued again when the desk opens the next time.
    if (is_ending_ && error == ErrorKind::Cancelled) continue;
    desk_.finish(job.id, result, pass.is_cancelled);
  }
  if (error && *error != ErrorKind::Cancelled)
    common::log(LogLevel::Warning, "fetch.pass.failed",
                {{"account", result.account}, {"reason", result.error->text}});
  else
    common::log(LogLevel::Info, "fetch.pass.done",
                {{"account", result.account},
                 {"messages", result.messages},
                 {"bytes", result.bytes},
                 {"failed", result.failed}});
  last_[id] = result;
  if (options_.on_end) options_.on_end(result);
  if (passes_[id]++ % kPrunedEvery != 0) return;
  if (const auto pruned = store::Passes(archive_).prune(id, kPassesKept); !pruned)
    common::log(LogLevel::Warning, "fetch.passes.kept", {{"error", pruned.error().text}});
}

void Scheduler::Impl::report_progress() {
  for (PassAtWork& pass : running_) report_progress(pass);
  for (auto& [account, jobs] : wishes_) {
    std::erase_if(jobs, [this](const store::Job& job) {
      const bool is_cancelled = desk_.report(job.id, std::nullopt);
      if (is_cancelled) desk_.cancel(job.id);
      return is_cancelled;
    });
    if (jobs.empty()) agenda_.forget(account);
  }
  std::erase_if(wishes_, [](const auto& wish) { return wish.second.empty(); });
  for (TestAtWork& test : tests_) {
    if (test.worker->has_ended() || !desk_.report(test.job.id, std::nullopt)) continue;
    test.is_cancelled = true;
    test.worker->request_stop();
  }
}

void Scheduler::Impl::report_progress(PassAtWork& pass) {
  const Progress progress = pass.snapshot();
  std::vector<store::Job> cancelled;
  std::vector<store::Job> wanted;
  for (store::Job& job : pass.jobs)
    (desk_.report(job.id, progress) ? cancelled : wanted).push_back(std::move(job));
  pass.jobs = std::move(wanted);
  // Others may have asked for the same pass: it ends with the last who wants it.
  if (pass.jobs.empty() && !cancelled.empty()) {
    pass.is_cancelled = true;
    pass.worker->request_stop();
    pass.jobs.push_back(std::move(cancelled.back()));
    cancelled.pop_back();
  }
  for (const store::Job& job : cancelled) desk_.cancel(job.id);
}

void Scheduler::Impl::stop_what_is_paused() {
  for (PassAtWork& pass : running_) {
    const store::Account* const account = find_account(pass.account.id);
    const bool is_paused = account != nullptr && account->state == store::AccountState::Paused;
    if (account == nullptr || (is_paused && !pass.is_asked)) pass.worker->request_stop();
  }
}

Status Scheduler::Impl::start_what_is_due() {
  while (const auto start = agenda_.take(now())) {
    const AccountId id = start->account;
    if (!start->is_asked) {
      const auto is_done = was_fetched_elsewhere(id);
      // Order: given back before the store's error ends the looks, or it would run for good.
      if (!is_done) agenda_.give_back(id, ErrorKind::Cancelled, now());
      MAILKEEP_CHECKED(is_done);
      if (*is_done) continue;
    }
    PassAtWork& pass =
        running_.emplace_back(archive_, accounts_.at(id), start->is_asked, [this] { notify(); });
    if (const auto wish = wishes_.find(id); wish != wishes_.end()) {
      pass.jobs = std::move(wish->second);
      wishes_.erase(wish);
    }
  }
  return {};
}

// Cron, a person, or another host on the same store.
common::Result<bool> Scheduler::Impl::was_fetched_elsewhere(AccountId account) {
  const common::Micros before = now();
  MAILKEEP_TRY(newest, store::Passes(archive_).list(account, {}, 1));
  if (newest.empty() || !newest.front().finished) return false;
  return agenda_.note_end(account, *newest.front().finished, before);
}

const store::Account* Scheduler::Impl::find_account(std::optional<AccountId> id) const {
  const auto found = id ? accounts_.find(*id) : accounts_.end();
  return found == accounts_.end() ? nullptr : &found->second;
}

void Scheduler::Impl::publish() {
  std::vector<AccountStatus> all;
  for (const auto& [id, account] : accounts_) all.push_back(status_of(account));
  status_.with([&all](std::vector<AccountStatus>& shown) { shown = std::move(all); });
}

AccountStatus Scheduler::Impl::status_of(const store::Account& account) {
  AccountStatus status;
  status.account = account.id;
  status.name = account.settings.name;
  if (const auto state = agenda_.state(account.id, now())) {
    if (state->is_waiting) status.activity = Activity::Waiting;
    if (state->is_running) status.activity = Activity::Running;
    status.next_due = state->next_due;
    status.failures = state->failures;
  }
  if (const auto last = last_.find(account.id); last != last_.end()) status.last = last->second;
  for (PassAtWork& pass : running_)
    if (pass.account.id == account.id) status.progress = pass.snapshot();
  return status;
}

void Scheduler::Impl::end_all() {
  for (PassAtWork& pass : running_) pass.worker->request_stop();
  for (TestAtWork& test : tests_) test.worker->request_stop();
  std::unique_lock lock(mutex_);
  woken_.wait(lock, [this] {
    return std::all_of(running_.begin(), running_.end(),
                       [](const PassAtWork& pass) { return pass.worker->has_ended(); }) &&
           std::all_of(tests_.begin(), tests_.end(),
                       [](const TestAtWork& test) { return test.worker->has_ended(); });
  });
  lock.unlock();
  collect();
  for (const auto& [account, jobs] : wishes_) agenda_.forget(account);
  wishes_.clear();
  desk_.close();
}

void Scheduler::Impl::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, stop, options_.look_interval, [this] { return is_woken_; });
  is_woken_ = false;
}

void Scheduler::Impl::notify() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  woken_.notify_all();
}

Scheduler::Scheduler(store::Archive& archive, SchedulerOptions options)
    : impl_(std::make_unique<Impl>(archive, std::move(options))) {}
Scheduler::~Scheduler() = default;
Status Scheduler::run(std::stop_token stop) { return impl_->run(stop); }
void Scheduler::notify() { impl_->notify(); }
std::vector<AccountStatus> Scheduler::status() const { return impl_->status(); }

}  // namespace mailkeep::fetcher
