// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep report: does the archive hold everything that the servers offered?

#include <Poco/JSON/Array.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/account_names.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/printable.h"
#include "store/completeness.h"
#include "store/folder_name.h"

namespace mailkeep::cli {
namespace {

// IMAP folders have a UIDVALIDITY; POP3's one folder has none.
bool is_imap(const store::FolderReport& folder) { return folder.uidvalidity != 0; }

Poco::JSON::Object gap_json(const store::Gap& gap) {
  Poco::JSON::Object object = json_object();
  if (gap.uid != 0)
    object.set("uid", gap.uid);
  else
    set_bytes(object, "uidl", gap.uidl);
  object.set("state", gap.state);
  object.set("reason", common::to_utf8_lossy(gap.reason));
  if (gap.attempts > 0) object.set("attempts", gap.attempts);
  return object;
}

Poco::JSON::Object folder_json(const store::FolderReport& folder) {
  Poco::JSON::Object object = json_object();
  set_folder(object, "name", folder.name, is_imap(folder));
  object.set("uidvalidity", folder.uidvalidity);
  object.set("epoch", folder.epoch);
  object.set("server", folder.server);
  object.set("archived", folder.archived);
  object.set("excluded", folder.excluded);
  object.set("failed", folder.failed);
  object.set("vanished", folder.vanished);
  Poco::JSON::Array gaps;
  for (const store::Gap& gap : folder.gaps) gaps.add(gap_json(gap));
  object.set("gaps", gaps);
  if (!folder.trouble.empty()) object.set("trouble", common::to_utf8_lossy(folder.trouble));
  return object;
}

common::Status print_json_report(const store::CompletenessReport& report) {
  Poco::JSON::Object object = json_object();
  object.set("complete", report.complete);
  Poco::JSON::Array accounts;
  for (const store::AccountReport& account : report.accounts) {
    Poco::JSON::Object one = json_object();
    one.set("name", account.name);
    one.set("complete", account.complete);
    if (account.last_pass) one.set("last_pass", common::rfc3339(*account.last_pass));
    if (!account.error.empty()) one.set("error", common::to_utf8_lossy(account.error));
    Poco::JSON::Array folders;
    for (const store::FolderReport& folder : account.folders) folders.add(folder_json(folder));
    one.set("folders", folders);
    accounts.add(one);
  }
  object.set("accounts", accounts);
  return print_json(object);
}

common::Status print_folder(const store::FolderReport& folder) {
  const std::string name =
      common::printable(store::decode_folder(folder.name, is_imap(folder)).text);
  const std::string epoch =
      folder.is_newest_epoch ? "" : fmt::format(" (epoch {}, past)", folder.epoch);
  MAILKEEP_CHECKED(print("  {:<32} {:>8} {:>8} {:>8} {:>8} {:>8}{}\n", name, folder.server,
                         folder.archived, folder.excluded, folder.failed, folder.vanished, epoch));
  if (!folder.trouble.empty())
    MAILKEEP_CHECKED(print("      {}\n", common::printable(folder.trouble)));
  for (const store::Gap& gap : folder.gaps)
    MAILKEEP_CHECKED(print("      gap: {} {}: {}{}\n", gap.uid != 0 ? "UID" : "UIDL",
                           gap.uid != 0 ? std::to_string(gap.uid) : common::printable(gap.uidl),
                           common::printable(gap.reason),
                           gap.attempts > 1 ? fmt::format(" ({} attempts)", gap.attempts) : ""));
  return {};
}

common::Status print_report(const store::CompletenessReport& report) {
  for (const store::AccountReport& account : report.accounts) {
    const std::string when = account.last_pass ? "last pass " + common::rfc3339(*account.last_pass)
                                               : std::string("never fetched");
    MAILKEEP_CHECKED(print("{}: {}, {}\n", common::printable(account.name),
                           account.complete ? "complete" : "NOT complete", when));
    if (!account.error.empty()) MAILKEEP_CHECKED(print("  {}\n", common::printable(account.error)));
    MAILKEEP_CHECKED(print("  {:<32} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "folder", "server",
                           "archived", "excluded", "failed", "vanished"));
    for (const store::FolderReport& folder : account.folders)
      MAILKEEP_CHECKED(print_folder(folder));
  }
  return print("{}\n", report.complete ? "The archive holds everything that the servers offered."
                                       : "The archive is NOT complete.");
}

common::Result<int> run(const Context& context, const std::vector<std::string>& names) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_CHECKED(check_account_names(*archive, names));
  MAILKEEP_TRY(report, store::completeness(*archive, names));
  MAILKEEP_CHECKED(context.json ? print_json_report(report) : print_report(report));
  return report.complete ? kDone : kIncomplete;
}

}  // namespace

void add_report_command(CLI::App& app, Context& context) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* const command = add_command(
      app, context, "report", "Completeness: the servers' UIDs against what became of each",
      [&context, names] { return run(context, *names); });
  command->add_option("NAME", *names, "only these accounts");
}

}  // namespace mailkeep::cli
