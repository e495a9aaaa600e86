// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep list: every archived message with each place where it was seen.

#include <Poco/JSON/Array.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/account_names.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/printable.h"
#include "store/journal.h"

namespace mailkeep::cli {
namespace {

struct ListFlags {
  std::vector<std::string> names;
  bool sent = false;
};

common::Status print_message(bool json, const std::vector<store::Sighting>& sightings) {
  const store::Sighting& first = sightings.front();
  if (json) {
    Poco::JSON::Object object = json_object();
    object.set("id", first.content.hex());
    object.set("size", first.size);
    Poco::JSON::Array places;
    for (const store::Sighting& sighting : sightings) places.add(sighting_json(sighting));
    object.set("sightings", places);
    return print_json(object);
  }
  MAILKEEP_CHECKED(print("{}  {}\n", first.content.hex(), first.size));
  for (const store::Sighting& sighting : sightings)
    MAILKEEP_CHECKED(
        print("    {} {} {} {}\n", common::printable(sighting.account_name),
              common::printable(folder_name(sighting.folder, sighting.has_uid).text),
              sighting.uidvalidity,
              sighting.has_uid ? std::to_string(sighting.uid) : common::printable(sighting.uidl)));
  return {};
}

common::Result<int> run(const Context& context, const ListFlags& flags) {
  if (flags.sent) return common::fail(common::ErrorKind::NotBuilt, "list --sent is not built yet");
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_CHECKED(check_account_names(*archive, flags.names));
  MAILKEEP_CHECKED(store::Journal(*archive).each_message(
      flags.names, [&](const std::vector<store::Sighting>& sightings) {
        return print_message(context.json, sightings);
      }));
  return kDone;
}

}  // namespace

void add_list_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* const command =
      add_command(app, context, "list", "Every archived message and where it was seen",
                  [&context, flags] { return run(context, *flags); });
  command->add_option("NAME", flags->names, "only what was seen in these accounts");
  command->add_flag("--sent", flags->sent, "also what was sent (not built yet)");
}

}  // namespace mailkeep::cli
