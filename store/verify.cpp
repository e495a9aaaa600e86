// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/verify.h"

#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

Result<std::uint64_t> count_work(Connection& connection) {
  std::int64_t count = 0;
  const auto take = [&](const Row& row) {
    count += row.integer(0);
    return Status();
  };
  MAILKEEP_CHECKED(connection.query("SELECT COUNT(*) FROM contents", {}, take));
  MAILKEEP_CHECKED(connection.query("SELECT COUNT(*) FROM log_entries", {}, take));
  return static_cast<std::uint64_t>(count);
}

}  // namespace

Result<VerifyReport> verify(Archive& archive, const VerifyProgress& progress) {
  VerifyReport report;
  MAILKEEP_TRY(reading, archive.database().begin_read());
  MAILKEEP_TRY(total, count_work(reading->connection()));
  Verification run{archive, reading->connection(), report, FaultList(report), progress, total};
  MAILKEEP_CHECKED(verify_types(run));
  MAILKEEP_CHECKED(verify_contents(run));
  MAILKEEP_CHECKED(verify_log(run));
  MAILKEEP_CHECKED(verify_epochs(run));
  MAILKEEP_CHECKED(verify_accounts(run));
  MAILKEEP_CHECKED(verify_outbox(run));
  return report;
}

}  // namespace mailkeep::store
