// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/jobs.h"

#include <atomic>
#include <set>
#include <thread>

#include "common/guarded.h"
#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

constexpr std::array kBoth = {JobKind::Fetch, JobKind::AccountTest};
constexpr AccountId kAnna{1};
constexpr AccountId kBoris{2};

class JobsTest : public StoreTest {
 protected:
  Jobs jobs() { return Jobs(archive()); }
  Job added(JobKind kind, std::optional<AccountId> account) {
    auto job = jobs().add(kind, account, "rita");
    EXPECT_TRUE(job) << job.error().text;
    return job ? job->job : Job{};
  }
  Job claimed() {
    auto job = jobs().claim_next(kBoth);
    EXPECT_TRUE(job && *job);
    return job && *job ? **job : Job{};
  }
};
MAILKEEP_BOTH_ENGINES(JobsTest);

TEST_P(JobsTest, GoesFromQueuedToDone) {
  const Job job = added(JobKind::AccountTest, kAnna);
  reopen();
  EXPECT_EQ(jobs().find(job.id)->state, JobState::Queued);
  EXPECT_EQ(jobs().find(job.id)->actor, "rita");
  EXPECT_EQ(jobs().find(job.id)->account, kAnna);
  ++clock_.time;
  const Job running = claimed();
  EXPECT_EQ(running.id, job.id);
  EXPECT_EQ(running.kind, JobKind::AccountTest);
  EXPECT_EQ(jobs().set_progress(job.id, R"({"step":1})").value(), false);
  EXPECT_EQ(jobs().find(job.id)->progress, R"({"step":1})");
  ++clock_.time;
  ASSERT_OK(jobs().finish(job.id, JobState::Done, R"({"ok":true})", ""));
  const auto done = jobs().find(job.id);
  ASSERT_OK(done);
  EXPECT_EQ(done->state, JobState::Done);
  EXPECT_EQ(done->started, job.created + 1);
  EXPECT_EQ(done->finished, job.created + 2);
  EXPECT_EQ(done->result, R"({"ok":true})");
  ASSERT_FAILS(jobs().finish(job.id, JobState::Failed, "", "late"), ErrorKind::Conflict);
  ASSERT_FAILS(jobs().set_progress(job.id, "{}"), ErrorKind::Conflict);
}

TEST_P(JobsTest, GivesTheQueuedJobToWhoeverAsksAgain) {
  const Job job = added(JobKind::Fetch, kAnna);
  const auto again = jobs().add(JobKind::Fetch, kAnna, "otto");
  ASSERT_OK(again);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->job.id, job.id);
  EXPECT_TRUE(jobs().add(JobKind::AccountTest, kAnna, "otto")->is_new);
  EXPECT_TRUE(jobs().add(JobKind::Fetch, kBoris, "otto")->is_new);
  claimed();
  // A running one may have looked at the mailbox before the newest mail came.
  EXPECT_TRUE(jobs().add(JobKind::Fetch, kAnna, "otto")->is_new);
}

TEST_P(JobsTest, GivesEachJobToOneClaimer) {
  for (int i = 1; i <= 20; ++i) added(JobKind::Fetch, AccountId(i));
  auto other = open_another();
  ASSERT_OK(other);
  common::Guarded<std::multiset<std::int64_t>> claimed;
  {
    std::vector<std::jthread> claimers;
    for (Archive* archive : {&this->archive(), other->get(), &this->archive(), other->get()})
      claimers.emplace_back([archive, &claimed] {
        for (;;) {
          const auto job = Jobs(*archive).claim_next(kBoth);
          if (!job || !*job) return;
          claimed.with([&](auto& all) { all.insert(number((*job)->id)); });
        }
      });
  }
  claimed.with([](auto& all) {
    EXPECT_EQ(all.size(), 20U);
    EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), 20U);
  });
}

TEST_P(JobsTest, GivesOnlyTheKindsThatAreAskedFor) {
  added(JobKind::AccountTest, kAnna);
  const std::array fetch = {JobKind::Fetch};
  const auto none = jobs().claim_next(fetch);
  ASSERT_OK(none);
  EXPECT_FALSE(*none);
  EXPECT_EQ(claimed().kind, JobKind::AccountTest);
}

TEST_P(JobsTest, CancelsWhatIsQueuedAndAsksWhatRuns) {
  const Job queued = added(JobKind::Fetch, kAnna);
  const auto cancelled = jobs().ask_cancel(queued.id);
  ASSERT_OK(cancelled);
  EXPECT_EQ(cancelled->state, JobState::Cancelled);
  EXPECT_TRUE(cancelled->finished);

  const Job running = added(JobKind::Fetch, kAnna);
  EXPECT_EQ(claimed().id, running.id);
  EXPECT_EQ(jobs().ask_cancel(running.id)->state, JobState::Running);
  EXPECT_EQ(jobs().set_progress(running.id, "{}").value(), true);
  ASSERT_OK(jobs().finish(running.id, JobState::Cancelled, "", ""));
  const auto late = jobs().ask_cancel(running.id);
  ASSERT_OK(late);
  EXPECT_EQ(late->state, JobState::Cancelled);
  ASSERT_FAILS(jobs().ask_cancel(JobId(99)), ErrorKind::NotFound);
}

TEST_P(JobsTest, QueuesAgainWhatADeadProcessLeft) {
  const Job first = added(JobKind::Fetch, kAnna);
  const Job second = added(JobKind::Fetch, kBoris);
  claimed();
  claimed();
  ASSERT_OK(jobs().ask_cancel(second.id));
  reopen();
  EXPECT_EQ(jobs().give_back_orphans().value(), 2);
  EXPECT_EQ(jobs().find(second.id)->state, JobState::Cancelled);
  EXPECT_EQ(claimed().id, first.id);
  EXPECT_EQ(jobs().give_back_orphans().value(), 1);
}

TEST_P(JobsTest, ListsNewestFirstByStateAndAccount) {
  std::vector<JobId> ids;
  for (int i = 1; i <= 5; ++i) ids.push_back(added(JobKind::Fetch, AccountId(i)).id);
  const Job global = added(JobKind::Fetch, {});
  claimed();
  const auto listed = [&](const JobQuery& query) {
    const std::vector<Job> all = jobs().list(query).value();
    std::vector<JobId> found;
    found.reserve(all.size());
    for (const Job& job : all) found.push_back(job.id);
    return found;
  };
  EXPECT_EQ(listed({{}, {}, {}, 2}), (std::vector<JobId>{global.id, ids[4]}));
  EXPECT_EQ(listed({{}, {}, ids[4], 2}), (std::vector<JobId>{ids[3], ids[2]}));
  EXPECT_EQ(listed({JobState::Running, {}, {}, 9}), std::vector<JobId>{ids[0]});
  EXPECT_EQ(listed({{}, std::vector{AccountId(2), AccountId(3)}, {}, 9}),
            (std::vector<JobId>{ids[2], ids[1]}));
  EXPECT_TRUE(listed({{}, std::vector<AccountId>(), {}, 9}).empty());
  EXPECT_EQ(jobs().count({JobState::Queued, {}, {}, 1}).value(), 5U);
  EXPECT_EQ(jobs().count({{}, std::vector{AccountId(1)}, {}, 1}).value(), 1U);
}

}  // namespace
}  // namespace mailkeep::store
