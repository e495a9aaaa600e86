// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pass_at_work.h"

#include <mutex>
#include <utility>

#include "fetcher/account_pass.h"
#include "fetcher/progress.h"

namespace mailkeep::fetcher {

Worker::Worker(Task task, std::function<void()> on_end)
    : thread_(
          [this, task = std::move(task), on_end = std::move(on_end)](const std::stop_token& stop) {
            task(stop);
            has_ended_ = true;
            on_end();
          }) {}

PassAtWork::PassAtWork(store::Archive& archive, store::Account what, bool is_wish,
                       std::function<void()> on_end)
    : account(std::move(what)), is_asked(is_wish) {
  worker.emplace(
      [this, &archive](const std::stop_token& stop) {
        std::mutex turn;
        const ProgressReport::Listener listener = [this](const Progress& now) {
          progress.with([&now](Progress& last) { last = now; });
        };
        ProgressReport report(account.settings.name, listener, turn);
        result = run_account(archive, account, report, stop);
      },
      std::move(on_end));
}

TestAtWork::TestAtWork(store::Archive& archive, store::Account what, store::Job wish,
                       std::function<void()> on_end)
    : account(std::move(what)), job(std::move(wish)) {
  worker.emplace(
      [this, &archive](const std::stop_token& stop) {
        result = test_account(archive, account, stop);
      },
      std::move(on_end));
}

}  // namespace mailkeep::fetcher
