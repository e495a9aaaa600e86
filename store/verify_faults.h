// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// FaultList: what verify found, at most kMaxFaults of it; and what its parts share. Private to
// store/.

#include <string>
#include <string_view>
#include <utility>

#include "common/result.h"
#include "store/sql/database.h"
#include "store/verify.h"

namespace mailkeep::store {

class FaultList {
 public:
  explicit FaultList(VerifyReport& report) : report_(report) {}

  void add(std::string_view kind, std::string id, std::string detail) {
    if (report_.faults.size() < kMaxFaults) {
      report_.faults.push_back({std::string(kind), std::move(id), std::move(detail)});
    } else if (report_.faults.size() == kMaxFaults) {
      report_.faults.push_back({"more-faults", "", "There are more faults than are listed here."});
    }
  }

 private:
  VerifyReport& report_;
};

// What verify works with: one snapshot for all of its questions.
struct Verification {
  Archive& archive;
  Connection& connection;
  VerifyReport& report;
  FaultList faults;
  VerifyProgress progress;
  std::uint64_t total = 0;

  void advance() const {
    constexpr std::uint64_t kStep = 256;
    const std::uint64_t done = report.messages + report.entries;
    if (progress && (done % kStep == 0 || done == total)) progress(done, total);
  }
};

common::Status verify_types(Verification& run);     // values of the wrong type (SQLite only)
common::Status verify_contents(Verification& run);  // bytes against digests, both directions
common::Status verify_log(Verification& run);       // tree, head, checkpoints, entries and facts
common::Status verify_epochs(Verification& run);    // cursors and claims against the facts
common::Status verify_accounts(Verification& run);  // accounts against their newest versions
common::Status verify_outbox(Verification& run);    // the outbox against what was sent

}  // namespace mailkeep::store
