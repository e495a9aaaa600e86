// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep report: does the archive hold everything that the servers offered?

#include <Poco/JSON/Array.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
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

// Written piece by piece: a report may have millions of gaps.
common::Status print_gap_json(const store::Gap& gap, bool is_first) {
  Poco::JSON::Object object = json_object();
  if (gap.uid != 0)
    object.set("uid", gap.uid);
  else
    set_bytes(object, "uidl", gap.uidl);
  object.set("state", gap.state);
  object.set("reason", common::to_utf8_lossy(gap.reason));
  if (gap.attempts > 0) object.set("attempts", gap.attempts);
  return print("{}{}", is_first ? "" : ",", json_text(object));
}

void set_time(Poco::JSON::Object& object, const char* key,
              const std::optional<common::Micros>& time) {
  if (time) object.set(key, common::rfc3339(*time));
}

Poco::JSON::Object folder_json(const store::FolderReport& folder) {
  Poco::JSON::Object object = json_object();
  set_folder(object, "name", folder.name, is_imap(folder));
  object.set("uidvalidity", folder.uidvalidity);
  object.set("epoch", folder.epoch);
  object.set("is_listed", folder.is_listed);
  object.set("server", folder.server);
  object.set("archived", folder.archived);
  object.set("excluded", folder.excluded);
  object.set("failed", folder.failed);
  object.set("vanished", folder.vanished);
  object.set("gone", folder.gone);
  object.set("deleted", folder.deleted);
  Poco::JSON::Array excluded_by;
  for (const store::ExcludedBy& by : folder.excluded_by) {
    Poco::JSON::Object one = json_object();
    one.set("rule", common::to_utf8_lossy(by.rule));
    one.set("uids", by.count);
    excluded_by.add(one);
  }
  if (!folder.excluded_by.empty()) object.set("excluded_by", excluded_by);
  set_time(object, "listed", folder.listed);
  set_time(object, "checked", folder.checked);
  if (folder.is_inferred) object.set("is_inferred", true);
  if (!folder.trouble.empty()) object.set("trouble", common::to_utf8_lossy(folder.trouble));
  if (!folder.note.empty()) object.set("note", folder.note);
  return object;
}

// The object's text without its last brace, to which more is added.
std::string open_text(const Poco::JSON::Object& object) {
  std::string text = json_text(object);
  text.pop_back();
  return text;
}

common::Status print_json_folder(const store::FolderReport& folder, bool is_first) {
  MAILKEEP_CHECKED(print("{}{},\"gaps\":[", is_first ? "" : ",", open_text(folder_json(folder))));
  bool is_first_gap = true;
  MAILKEEP_CHECKED(folder.gaps.each([&](const store::Gap& gap) {
    return print_gap_json(gap, std::exchange(is_first_gap, false));
  }));
  return print("]}}");
}

common::Status print_json_account(const store::AccountReport& account, bool is_first) {
  Poco::JSON::Object one = json_object();
  one.set("name", account.name);
  one.set("complete", account.complete);
  if (account.last_pass) one.set("last_pass", common::rfc3339(*account.last_pass));
  if (!account.error.empty()) one.set("error", common::to_utf8_lossy(account.error));
  MAILKEEP_CHECKED(print("{}{},\"folders\":[", is_first ? "" : ",", open_text(one)));
  bool is_first_folder = true;
  for (const store::FolderReport& folder : account.folders)
    MAILKEEP_CHECKED(print_json_folder(folder, std::exchange(is_first_folder, false)));
  return print("]}}");
}

common::Status print_json_report(const store::CompletenessReport& report) {
  Poco::JSON::Object object = json_object();
  object.set("complete", report.complete);
  MAILKEEP_CHECKED(print("{},\"accounts\":[", open_text(object)));
  bool is_first = true;
  for (const store::AccountReport& account : report.accounts)
    MAILKEEP_CHECKED(print_json_account(account, std::exchange(is_first, false)));
  return print("]}}\n");
}

// What stands behind the counts of a folder.
std::string remarks_on(const store::FolderReport& folder) {
  std::string text;
  if (!folder.is_newest_epoch) text += fmt::format(" (epoch {}, past)", folder.epoch);
  if (folder.is_newest_epoch && !folder.is_listed) text += " (no longer listed by the server)";
  if (folder.is_inferred && folder.listed)
    text += fmt::format(" (unchanged since it was listed, {})", common::rfc3339(*folder.listed));
  return text;
}

common::Status print_folder(const store::FolderReport& folder) {
  const std::string name =
      common::printable(store::decode_folder(folder.name, is_imap(folder)).text);
  MAILKEEP_CHECKED(print("  {:<32} {:>8} {:>8} {:>8} {:>8} {:>8}{}\n", name, folder.server,
                         folder.archived, folder.excluded, folder.failed, folder.vanished,
                         remarks_on(folder)));
  if (!folder.trouble.empty())
    MAILKEEP_CHECKED(print("      {}\n", common::printable(folder.trouble)));
  if (!folder.note.empty()) MAILKEEP_CHECKED(print("      note: {}\n", folder.note));
  for (const store::ExcludedBy& by : folder.excluded_by)
    MAILKEEP_CHECKED(print("      excluded: {} {}\n", by.count, common::printable(by.rule)));
  return folder.gaps.each([](const store::Gap& gap) {
    return print("      gap: {} {}: {}{}\n", gap.uid != 0 ? "UID" : "UIDL",
                 gap.uid != 0 ? std::to_string(gap.uid) : common::printable(gap.uidl),
                 common::printable(gap.reason),
                 gap.attempts > 1 ? fmt::format(" ({} attempts)", gap.attempts) : "");
  });
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
