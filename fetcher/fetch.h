// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One complete pass over the accounts, and the test of one account's settings.
//
// Each account is leased, worked on by one thread, and fails alone. What was sealed is durable even
// if the pass is killed. Errors that concern one account are in its AccountResult; a Result error
// means that no pass could be made at all (database, wrong name).

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/accounts.h"
#include "store/archive.h"

namespace mailkeep::fetcher {

// What one account is doing; handed out often, from several threads, one call at a time.
struct Progress {
  std::string account;
  std::string folder;          // wire bytes; empty before the first folder
  std::uint64_t messages = 0;  // sealed in this pass
  std::uint64_t bytes = 0;
  std::uint64_t expected = 0;  // messages known to be missing at the start of the folders so far
  bool is_finished = false;
};

struct PassOptions {
  unsigned workers = 8;
  unsigned connections_per_host = 8;  // never below 2
  std::function<void(const Progress&)> progress;
};

struct AccountResult {
  std::string account;
  std::uint64_t messages = 0;  // sightings written in this pass
  std::uint64_t bytes = 0;
  std::uint64_t failed = 0;   // UIDs that ended as failed, and folders that could not be opened
  std::uint64_t deleted = 0;  // on the server, after they were archived
  std::string notice;         // why nothing was deleted there although it should be; may be empty
  std::optional<common::Error> error;  // the account's pass did not come to its end
};

// names empty: every active account.
common::Result<std::vector<AccountResult>> fetch(store::Archive& archive,
                                                 const std::vector<std::string>& names,
                                                 const PassOptions& options, std::stop_token stop);

// Step by step, each with what the server said: "connect", "tls", "login", "list", ...
struct TestStep {
  std::string name;
  bool ok = false;
  std::string detail;
};
struct TestReport {
  std::vector<TestStep> steps;
  std::optional<common::Error> error;  // of the step that failed
};
common::Result<TestReport> test_account(store::Archive& archive, const store::Account& account,
                                        std::stop_token stop);

}  // namespace mailkeep::fetcher
