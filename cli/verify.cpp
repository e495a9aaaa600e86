// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep verify: re-hash every message, rebuild the log, check the checkpoints, name what is
// wrong.

#include "store/verify.h"

#include <Poco/JSON/Array.h>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress_line.h"
#include "common/printable.h"

namespace mailkeep::cli {
namespace {

common::Status print_as_json(const store::VerifyReport& report) {
  Poco::JSON::Object object = json_object();
  object.set("ok", report.ok());
  object.set("messages", report.messages);
  object.set("entries", report.entries);
  object.set("checkpoints", report.checkpoints);
  object.set("bytes", report.bytes);
  Poco::JSON::Array faults;
  for (const store::Fault& fault : report.faults) {
    Poco::JSON::Object one = json_object();
    one.set("kind", fault.kind);
    one.set("id", common::to_utf8_lossy(fault.id));
    one.set("detail", common::to_utf8_lossy(fault.detail));
    faults.add(one);
  }
  object.set("faults", faults);
  return print_json(object);
}

common::Status print_for_people(const store::VerifyReport& report) {
  for (const store::Fault& fault : report.faults)
    MAILKEEP_CHECKED(print("FAULT {} {}: {}\n", fault.kind, common::printable(fault.id),
                           common::printable(fault.detail)));
  return print("{}: {} messages ({}) re-hashed, {} log entries, {} checkpoint{}, {} fault{}\n",
               report.ok() ? "ok" : "NOT ok", report.messages, human_bytes(report.bytes),
               report.entries, report.checkpoints, report.checkpoints == 1 ? "" : "s",
               report.faults.size(), report.faults.size() == 1 ? "" : "s");
}

common::Result<int> run(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  ProgressLine line;
  MAILKEEP_TRY(report, store::verify(*archive, [&](std::uint64_t done, std::uint64_t total) {
                 line.show(fmt::format("verifying: {} of {}", done, total));
               }));
  line.clear();
  MAILKEEP_CHECKED(context.json ? print_as_json(report) : print_for_people(report));
  return report.ok() ? kDone : kIncomplete;
}

}  // namespace

void add_verify_command(CLI::App& app, Context& context) {
  add_command(app, context, "verify", "Prove that nothing was altered, or name what was",
              [&context] { return run(context); });
}

}  // namespace mailkeep::cli
