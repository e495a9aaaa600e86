// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep list: every archived message with each place where it was seen, and what was sent.

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/account_names.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/outbox_output.h"
#include "cli/output.h"
#include "common/printable.h"
#include "store/folder_name.h"
#include "store/journal.h"
#include "store/outbox.h"

namespace mailkeep::cli {
namespace {

struct ListFlags {
  std::vector<std::string> names;
  bool sent = false;
};

using SentItems = std::map<common::Digest, std::vector<store::OutboxItem>>;

// Everything that was written here, by content.
common::Result<SentItems> read_sent(store::Archive& archive,
                                    const std::vector<std::string>& names) {
  constexpr std::size_t kPage = 1000;
  SentItems sent;
  store::OutboxFilter filter;
  filter.limit = kPage;
  for (;;) {
    MAILKEEP_TRY(page, store::Outbox(archive).list(filter));
    if (page.empty()) return sent;
    filter.before = page.back().id;
    for (store::OutboxItem& item : page) {
      const bool is_wanted =
          names.empty() || std::find(names.begin(), names.end(), item.account_name) != names.end();
      if (is_wanted) sent[item.content].push_back(std::move(item));
    }
  }
}

struct Message {
  common::Digest id;
  std::uint64_t size = 0;
  std::span<const store::Sighting> sightings;
  std::span<const store::OutboxItem> sent;
};

common::Status print_as_json(const Message& message, bool has_sent) {
  Poco::JSON::Object object = json_object();
  object.set("id", message.id.hex());
  object.set("size", message.size);
  Poco::JSON::Array places;
  for (const store::Sighting& sighting : message.sightings) places.add(sighting_json(sighting));
  object.set("sightings", places);
  if (has_sent) {
    Poco::JSON::Array sent;
    for (const store::OutboxItem& item : message.sent) sent.add(sent_json(item));
    object.set("sent", sent);
  }
  return print_json(object);
}

common::Status print_message(const Message& message) {
  MAILKEEP_CHECKED(print("{}  {}\n", message.id.hex(), message.size));
  for (const store::Sighting& sighting : message.sightings) {
    const auto gone = sighting.gone();
    MAILKEEP_CHECKED(
        print("    {} {} {} {}{}\n", common::printable(sighting.account_name),
              common::printable(store::decode_folder(sighting.folder, sighting.has_uid).text),
              sighting.uidvalidity,
              sighting.has_uid ? std::to_string(sighting.uid) : common::printable(sighting.uidl),
              gone ? fmt::format(" (gone from the server by {})", common::rfc3339(*gone)) : ""));
  }
  for (const store::OutboxItem& item : message.sent)
    MAILKEEP_CHECKED(print("    {} {} by {}, outbox {}\n", common::printable(item.account_name),
                           store::name_of(item.state), common::printable(item.actor),
                           store::number(item.id)));
  return {};
}

common::Result<int> run(const Context& context, const ListFlags& flags) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_CHECKED(check_account_names(*archive, flags.names));
  SentItems sent;
  if (flags.sent) {
    MAILKEEP_TRY(found, read_sent(*archive, flags.names));
    sent = std::move(found);
  }
  const auto show = [&](const Message& message) {
    return context.json ? print_as_json(message, flags.sent) : print_message(message);
  };
  MAILKEEP_CHECKED(store::Journal(*archive).each_message(
      flags.names, [&](const std::vector<store::Sighting>& sightings) -> common::Status {
        const store::Sighting& first = sightings.front();
        const auto node = sent.extract(first.content);
        std::span<const store::OutboxItem> items;
        if (node) items = node.mapped();
        return show({first.content, first.size, sightings, items});
      }));
  for (const auto& [id, items] : sent) MAILKEEP_CHECKED(show({id, items.front().size, {}, items}));
  return kDone;
}

}  // namespace

void add_list_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* const command =
      add_command(app, context, "list", "Every archived message and where it was seen",
                  [&context, flags] { return run(context, *flags); });
  command->add_option("NAME", flags->names, "only what was seen in these accounts");
  command->add_flag("--sent", flags->sent, "also what was written here, and whether it was sent");
}

}  // namespace mailkeep::cli
