// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep import: mbox, Maildir and .eml trees.

#include "fetcher/import/import.h"

#include <Poco/JSON/Array.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress_line.h"
#include "common/printable.h"

namespace mailkeep::cli {
namespace {

struct ImportFlags {
  std::string account = "import";
  std::vector<std::string> paths;
};

common::Status print_as_json(const fetcher::ImportReport& report) {
  Poco::JSON::Object object = json_object();
  object.set("messages", report.messages);
  object.set("already_there", report.already_there);
  object.set("bytes", report.bytes);
  Poco::JSON::Array failed;
  for (const fetcher::ImportTrouble& trouble : report.failed) {
    Poco::JSON::Object one = json_object();
    set_bytes(one, "path", trouble.path.native());
    one.set("reason", common::to_utf8_lossy(trouble.reason));
    failed.add(one);
  }
  object.set("failed", failed);
  Poco::JSON::Array not_mail;
  for (const auto& path : report.not_mail) not_mail.add(common::to_utf8_lossy(path.native()));
  object.set("not_mail", not_mail);
  return print_json(object);
}

common::Status print_for_people(const fetcher::ImportReport& report) {
  for (const auto& path : report.not_mail)
    MAILKEEP_CHECKED(
        print("left out, no mail by name or start: {}\n", common::printable(path.native())));
  for (const fetcher::ImportTrouble& trouble : report.failed)
    MAILKEEP_CHECKED(print("FAILED {}: {}\n", common::printable(trouble.path.native()),
                           common::printable(trouble.reason)));
  return print("{} message{} imported, {}; {} there already\n", report.messages,
               report.messages == 1 ? "" : "s", human_bytes(report.bytes), report.already_there);
}

common::Result<int> run(const Context& context, const ImportFlags& flags) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  ProgressLine line;
  const std::vector<std::filesystem::path> paths(flags.paths.begin(), flags.paths.end());
  MAILKEEP_TRY(report, fetcher::import_paths(
                           *archive, flags.account, paths,
                           [&](const fetcher::ImportReport& so_far) {
                             line.show(fmt::format("{} messages", so_far.messages));
                           },
                           context.stop));
  line.clear();
  MAILKEEP_CHECKED(context.json ? print_as_json(report) : print_for_people(report));
  return report.failed.empty() ? kDone : kIncomplete;
}

}  // namespace

void add_import_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* const command =
      add_command(app, context, "import", "Mail from mbox files, Maildirs and .eml trees",
                  [&context, flags] { return run(context, *flags); });
  command->add_option("PATH", flags->paths, "files and folders")->required();
  command->add_option("--account", flags->account, "the account that it goes to (default: import)");
}

}  // namespace mailkeep::cli
