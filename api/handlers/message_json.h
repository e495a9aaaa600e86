// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How messages, hits and places look in JSON (api/openapi.json: Message, Hit, Part, Occurrence).

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.h"
#include "indexer/search/search_result.h"
#include "message/view.h"
#include "store/journal.h"

namespace mailkeep::api {

// "2024-03-01T12:00:00Z", or null.
void put_date(JsonWriter& json, std::string_view key, std::optional<std::int64_t> seconds);

// The members that every list of messages shows; the object is open.
void put_summary(JsonWriter& json, const search::Hit& hit);
void put_ranges(JsonWriter& json, std::string_view key,
                const std::vector<search::TextRange>& ranges);
void put_part(JsonWriter& json, const message::Part& part);
void put_occurrence(JsonWriter& json, const store::Sighting& sighting);

// What is known of one message when it is shown.
struct ShownMessage {
  std::string id;
  std::uint64_t size = 0;
  message::MessageView view;
  std::vector<search::TextRange> highlights;  // in view.text
  std::vector<store::Sighting> occurrences;
};

using FieldWanted = std::function<bool(std::string_view)>;
bool is_message_field(std::string_view name);
std::string message_json(const ShownMessage& shown, const FieldWanted& is_wanted);

}  // namespace mailkeep::api
