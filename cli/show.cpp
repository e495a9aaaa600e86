// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep show: headers and text for people.

#include <Poco/JSON/Array.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/printable.h"
#include "message/parser_pool.h"
#include "store/contents.h"
#include "store/folder_name.h"
#include "store/journal.h"

namespace mailkeep::cli {
namespace {

// A message that is larger is written to a file with `mailkeep raw` and opened with a mail reader.
constexpr std::uint64_t kMaxShownBytes = 256ULL << 20U;

std::string addresses(const std::vector<message::Address>& list) {
  std::string text;
  for (const message::Address& one : list) {
    if (!text.empty()) text += ", ";
    if (one.name.empty())
      text += one.address;
    else
      text += one.address.empty() ? one.name : fmt::format("{} <{}>", one.name, one.address);
  }
  return text;
}

// Line breaks of the text stay, every other control character is escaped.
std::string printable_text(const std::string& text) {
  std::string out;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line = std::string_view(text).substr(from, end - from);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string shown;
    for (std::size_t tab = 0; (tab = line.find('\t')) != std::string_view::npos;) {
      shown += common::printable(line.substr(0, tab)) + "\t";
      line.remove_prefix(tab + 1);
    }
    out += shown + common::printable(line) + '\n';
    from = end + 1;
  }
  return out;
}

std::string date_of(const message::ParsedMessage& mail) {
  return mail.date ? common::rfc3339(*mail.date * 1'000'000) : "";
}

common::Status print_for_people(const common::Digest& id, const message::ParsedMessage& mail,
                                const std::vector<store::Sighting>& places) {
  const std::array<std::pair<const char*, std::string>, 8> headers = {{
      {"From", addresses(mail.from)},
      {"To", addresses(mail.to)},
      {"Cc", addresses(mail.cc)},
      {"Bcc", addresses(mail.bcc)},
      {"Date", date_of(mail)},
      {"Subject", mail.subject},
      {"Message-ID", mail.message_id},
      {"Id", id.hex()},
  }};
  for (const auto& [name, value] : headers)
    if (!value.empty()) MAILKEEP_CHECKED(print("{}: {}\n", name, common::printable(value)));
  for (const store::Sighting& place : places)
    MAILKEEP_CHECKED(
        print("Seen: {} in {}\n", common::printable(place.account_name),
              common::printable(store::decode_folder(place.folder, place.has_uid).text)));
  for (const message::Attachment& file : mail.attachments)
    MAILKEEP_CHECKED(print("Attachment: {} ({}, {})\n", common::printable(file.filename),
                           common::printable(file.content_type), human_bytes(file.size)));
  for (const std::string& reason : mail.unsearchable)
    MAILKEEP_CHECKED(print("Unsearchable: {}\n", common::printable(reason)));
  return print("\n{}", printable_text(mail.text));
}

Poco::JSON::Array strings(const std::vector<std::string>& list) {
  Poco::JSON::Array array;
  for (const std::string& text : list) array.add(text);
  return array;
}

common::Status print_as_json(const common::Digest& id, const message::ParsedMessage& mail,
                             const std::vector<store::Sighting>& places) {
  Poco::JSON::Object object = json_object();
  object.set("id", id.hex());
  object.set("message_id", mail.message_id);
  object.set("from", addresses(mail.from));
  object.set("to", addresses(mail.to));
  object.set("cc", addresses(mail.cc));
  object.set("bcc", addresses(mail.bcc));
  object.set("date", mail.date ? Poco::Dynamic::Var(date_of(mail)) : Poco::Dynamic::Var());
  object.set("subject", mail.subject);
  object.set("text", mail.text);
  Poco::JSON::Array files;
  for (const message::Attachment& file : mail.attachments) {
    Poco::JSON::Object one = json_object();
    one.set("part", file.part);
    one.set("filename", file.filename);
    one.set("type", file.content_type);
    one.set("size", file.size);
    files.add(one);
  }
  object.set("attachments", files);
  object.set("oddities", strings(mail.oddities));
  object.set("unsearchable", strings(mail.unsearchable));
  Poco::JSON::Array sightings;
  for (const store::Sighting& place : places) sightings.add(sighting_json(place));
  object.set("sightings", sightings);
  return print_json(object);
}

common::Result<int> run(const Context& context, const std::string& id) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  store::Contents contents(*archive);
  MAILKEEP_TRY(digest, contents.resolve(id));
  MAILKEEP_TRY(raw, contents.get(digest, kMaxShownBytes));
  MAILKEEP_TRY(places, store::Journal(*archive).sightings_of(digest));
  message::ParserPool pool;
  MAILKEEP_TRY(parsed, pool.parse(std::span(&raw, 1)));
  MAILKEEP_CHECKED(context.json ? print_as_json(digest, parsed.front(), places)
                                : print_for_people(digest, parsed.front(), places));
  return kDone;
}

}  // namespace

void add_show_command(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  CLI::App* const command = add_command(app, context, "show", "Headers and text of a message",
                                        [&context, id] { return run(context, *id); });
  command->add_option("ID", *id, "SHA-256 in hex, or an unambiguous prefix")->required();
}

}  // namespace mailkeep::cli
