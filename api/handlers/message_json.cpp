// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/handlers/message_json.h"

#include <algorithm>
#include <array>

#include "api/handlers/common_json.h"
#include "common/clock.h"
#include "common/encoding.h"
#include "common/printable.h"
#include "store/folder_name.h"

namespace mailkeep::api {
namespace {

using Put = void (*)(JsonWriter&, const ShownMessage&);

void put_addresses(JsonWriter& json, const std::vector<message::Address>& addresses) {
  json.begin_array();
  for (const message::Address& one : addresses)
    json.begin_object().field("name", one.name).field("address", one.address).end_object();
  json.end_array();
}

void put_html(JsonWriter& json, const ShownMessage& shown) {
  json.begin_array();
  for (const message::HtmlBody& body : shown.view.html)
    json.begin_object()
        .field("part", body.part)
        .field("removed_remote", body.removed_remote)
        .end_object();
  json.end_array();
}

void put_headers(JsonWriter& json, const ShownMessage& shown) {
  json.begin_array();
  for (const message::Header& header : shown.view.headers)
    json.begin_object().field("name", header.name).field("value", header.value).end_object();
  json.end_array();
}

void put_parts(JsonWriter& json, const ShownMessage& shown, bool attachments_only) {
  json.begin_array();
  for (const message::Part& part : shown.view.parts)
    if (!attachments_only || part.is_attachment) put_part(json, part);
  json.end_array();
}

void put_occurrences(JsonWriter& json, const ShownMessage& shown) {
  json.begin_array();
  for (const store::Sighting& sighting : shown.occurrences) put_occurrence(json, sighting);
  json.end_array();
}

void put_date_value(JsonWriter& json, const ShownMessage& shown) {
  const auto& date = shown.view.message.date;
  date ? json.value(common::rfc3339(*date * 1'000'000)) : json.null();
}

void put_range_list(JsonWriter& json, const std::vector<search::TextRange>& ranges) {
  json.begin_array();
  for (const search::TextRange& range : ranges)
    json.begin_array().value(range.begin).value(range.end).end_array();
  json.end_array();
}

struct MessageField {
  std::string_view name;
  Put put;
};

constexpr std::array kFields = {
    MessageField{"size", [](JsonWriter& j, const ShownMessage& m) { j.value(m.size); }},
    MessageField{"message_id",
                 [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.message.message_id); }},
    MessageField{"in_reply_to",
                 [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.message.in_reply_to); }},
    MessageField{"references",
                 [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.message.references); }},
    MessageField{"date", put_date_value},
    MessageField{"subject",
                 [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.message.subject); }},
    MessageField{"from", [](JsonWriter& j,
                            const ShownMessage& m) { put_addresses(j, m.view.message.from); }},
    MessageField{"to",
                 [](JsonWriter& j, const ShownMessage& m) { put_addresses(j, m.view.message.to); }},
    MessageField{"cc",
                 [](JsonWriter& j, const ShownMessage& m) { put_addresses(j, m.view.message.cc); }},
    MessageField{
        "bcc", [](JsonWriter& j, const ShownMessage& m) { put_addresses(j, m.view.message.bcc); }},
    MessageField{
        "reply_to",
        [](JsonWriter& j, const ShownMessage& m) { put_addresses(j, m.view.message.reply_to); }},
    MessageField{"text", [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.text); }},
    MessageField{"highlights",
                 [](JsonWriter& j, const ShownMessage& m) { put_range_list(j, m.highlights); }},
    MessageField{"html", put_html},
    MessageField{"headers", put_headers},
    MessageField{"parts", [](JsonWriter& j, const ShownMessage& m) { put_parts(j, m, false); }},
    MessageField{"attachments",
                 [](JsonWriter& j, const ShownMessage& m) { put_parts(j, m, true); }},
    MessageField{"occurrences", put_occurrences},
    MessageField{"oddities",
                 [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.message.oddities); }},
    MessageField{
        "unsearchable",
        [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.message.unsearchable); }},
    MessageField{"notes", [](JsonWriter& j, const ShownMessage& m) { j.value(m.view.notes); }},
};

void put_states(JsonWriter& json, const store::Sighting& sighting) {
  json.key("states").begin_array();
  for (const store::StateRecord& state : sighting.states) {
    json.begin_object()
        .field("kind", store::name_of(state.kind))
        .field("value", common::to_utf8_lossy(state.value));
    put_time(json, "since", state.since);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void put_date(JsonWriter& json, std::string_view key, std::optional<std::int64_t> seconds) {
  json.key(key);
  seconds ? json.value(common::rfc3339(*seconds * 1'000'000)) : json.null();
}

void put_summary(JsonWriter& json, const search::Hit& hit) {
  json.field("id", hit.id);
  put_date(json, "date", hit.date);
  json.field("from", hit.from)
      .field("to", hit.to)
      .field("subject", hit.subject)
      .field("accounts", hit.accounts)
      .field("size", hit.size)
      .field("has_attachments", hit.has_attachments)
      .field("unsearchable", !hit.unsearchable.empty());
}

void put_ranges(JsonWriter& json, std::string_view key,
                const std::vector<search::TextRange>& ranges) {
  put_range_list(json.key(key), ranges);
}

void put_part(JsonWriter& json, const message::Part& part) {
  json.begin_object()
      .field("number", part.number)
      .field("content_type", part.content_type)
      .field("charset", part.charset)
      .field("disposition", part.disposition)
      .field("filename", part.filename)
      .field("content_id", part.content_id)
      .field("size", part.size)
      .field("depth", part.depth)
      .field("is_attachment", part.is_attachment)
      .end_object();
}

void put_occurrence(JsonWriter& json, const store::Sighting& sighting) {
  const store::FolderName folder = store::decode_folder(sighting.folder, sighting.has_uid);
  json.begin_object().key("account");
  put_account(json, sighting.account, {{sighting.account, sighting.account_name}});
  json.field("custodian", sighting.custodian).field("folder", folder.text);
  if (!folder.is_exact) json.field("folder_hex", common::to_hex(sighting.folder));
  json.field("uidvalidity", sighting.uidvalidity);
  json.key("uid");
  sighting.has_uid ? json.value(sighting.uid) : json.null();
  json.key("uidl");
  sighting.has_uid ? json.null() : json.value(common::to_utf8_lossy(sighting.uidl));
  json.field("version", sighting.version)
      .field("internal_date", sighting.internal_date)
      .field("flags", sighting.flags);
  put_time(json, "seen", sighting.seen);
  put_time(json, "gone", sighting.gone());
  json.field("folder_now", store::decode_folder(sighting.folder_now, sighting.has_uid).text);
  put_states(json, sighting);
  json.field("position", store::number(sighting.position)).end_object();
}

bool is_message_field(std::string_view name) {
  return name == "id" || std::any_of(kFields.begin(), kFields.end(),
                                     [&](const MessageField& field) { return field.name == name; });
}

std::string message_json(const ShownMessage& shown, const FieldWanted& is_wanted) {
  JsonWriter json;
  json.begin_object().field("id", shown.id);
  for (const MessageField& field : kFields)
    if (is_wanted(field.name)) field.put(json.key(field.name), shown);
  json.end_object();
  return json.take();
}

}  // namespace mailkeep::api
