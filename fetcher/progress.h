// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ProgressReport: what one account is doing, told to whoever asked, one call at a time for all
// accounts of a pass. Any thread may call.

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "fetcher/fetch.h"

namespace mailkeep::fetcher {

class ProgressReport {
 public:
  using Listener = std::function<void(const Progress&)>;

  // turn and listener are shared by the accounts of a pass and outlive the report.
  ProgressReport(std::string account, const Listener& listener, std::mutex& turn)
      : listener_(listener), turn_(turn) {
    progress_.account = std::move(account);
  }

  template <class Change>
  void update(Change&& change) {
    const std::lock_guard lock(turn_);
    std::forward<Change>(change)(progress_);
    if (listener_) listener_(progress_);
  }

  Progress snapshot() {
    const std::lock_guard lock(turn_);
    return progress_;
  }

 private:
  const Listener& listener_;
  std::mutex& turn_;
  Progress progress_;
};

}  // namespace mailkeep::fetcher
