// SPDX-License-Identifier: GPL-3.0-or-later
// The service's passes and jobs, where things end, fail or go away at an awkward moment.
#include <iterator>
#include <set>

#include "store/sql/database.h"
#include "tests/component/fetcher/scheduler_fixture.h"

namespace mailkeep::fetcher {
namespace {

using test::ScriptedServer;
using test::stall;

constexpr std::uint16_t kNobody = 1;  // no server listens there
constexpr common::Micros kDay = 24LL * 3600 * 1'000'000;

std::ptrdiff_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

class SchedulerRun : public SchedulerFixture {
 protected:
  void note(const AccountResult& result) {
    names_.with([&](auto& names) { names.insert(result.account); });
  }
  std::size_t ended_passes(const std::string& account) {
    return names_.with([&](const auto& names) { return names.count(account); });
  }

  bool is_running(const std::string& account) {
    for (const AccountStatus& status : scheduler_->status())
      if (status.name == account) return status.activity == Activity::Running;
    return false;
  }

  void rename_table(std::string_view from, std::string_view to) {
    auto transaction = archive_->database().begin_write();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE((*transaction)
                    ->connection()
                    .execute("ALTER TABLE " + std::string(from) + " RENAME TO " + std::string(to)));
    ASSERT_TRUE((*transaction)->commit());
  }

  common::Guarded<std::multiset<std::string>> names_;
};

TEST_F(SchedulerRun, CollectsAPassThatEndsWhileAnotherIsCollected) {
  const std::ptrdiff_t threads = threads_of_this_process();
  ScriptedServer server({{stall()}});
  add_account("held", server.port());  // the first in the row
  add_account("refused", kNobody);
  bool is_alone = false;
  SchedulerOptions options;
  options.on_end = [&](const AccountResult& result) {
    note(result);
    if (result.account != "refused" || is_alone) return;
    server.stop();
    is_alone = comes_true([&] { return threads_of_this_process() == threads + 1; });
  };
  make(std::move(options));
  start();
  EXPECT_TRUE(comes_true([this] { return ended_passes("held") == 1; }));
  stop();
  EXPECT_TRUE(is_alone);
}

TEST_F(SchedulerRun, FetchesAnAccountAgainWhoseTurnFellIntoAFailureOfTheStore) {
  add_account("anna", kNobody);
  SchedulerOptions options;
  options.on_end = [this](const AccountResult& result) { note(result); };
  make(std::move(options));
  start();
  ASSERT_TRUE(comes_true([this] { return ended_passes("anna") == 1; }));
  rename_table("passes", "hidden");
  clock_.time += kDay;
  ASSERT_TRUE(comes_true([this] { return has_ended(); }));
  rename_table("hidden", "passes");
  stop();
  start();
  clock_.time += kDay;
  EXPECT_TRUE(comes_true([this] { return ended_passes("anna") == 2; }));
}

TEST_F(SchedulerRun, EndsTheJobOfAnAccountThatIsRemovedBeforeItsTurn) {
  ScriptedServer server({{stall()}});
  const store::AccountId anna = add_account("anna", server.port());
  make({});
  start();
  // The pass at work was not begun for this wish, which waits for the next one.
  ASSERT_TRUE(comes_true([&] { return is_running("anna"); }));
  store::Jobs jobs(*archive_);
  const auto added = jobs.add(store::JobKind::Fetch, anna, "rita");
  ASSERT_TRUE(added);
  const auto state = [&] { return jobs.find(added->job.id)->state; };
  ASSERT_TRUE(comes_true([&] { return state() == store::JobState::Running; }));
  ASSERT_TRUE(store::Accounts(*archive_).set_state(anna, store::AccountState::Removed));
  EXPECT_TRUE(comes_true([&] { return state() == store::JobState::Failed; }));
}

}  // namespace
}  // namespace mailkeep::fetcher
