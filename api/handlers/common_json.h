// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the handlers of people, accounts and jobs share: ids, times and names in JSON.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.h"
#include "api/problem.h"
#include "api/services.h"
#include "store/ids.h"

namespace mailkeep::api {

// Digits; anything else names nothing. Problem: not-found.
tl::expected<std::int64_t, Problem> id_from(const std::string& text);
std::string id_text(std::int64_t id);

void put_time(JsonWriter& json, std::string_view name, std::optional<common::Micros> time);

using AccountNames = std::map<store::AccountId, std::string>;
common::Result<AccountNames> account_names(store::Archive& archive);
void put_account(JsonWriter& json, store::AccountId id, const AccountNames& names);
void put_accounts(JsonWriter& json, std::string_view name,
                  const std::optional<std::vector<store::AccountId>>& accounts,
                  const AccountNames& names);
// What the caller named; not-found (of the field, as invalid-fields) for one that is not there or
// that the caller may not see.
tl::expected<std::vector<store::AccountId>, Problem> accounts_named(
    store::Archive& archive, const Caller& caller, const std::vector<std::string>& names);

// One page of a list that is read whole, or that has no further pages.
template <class Item, class Put>
std::string list_json(const std::vector<Item>& items, std::uint64_t total,
                      const std::optional<std::string>& next_cursor, Put put) {
  JsonWriter json;
  json.begin_object().key("items").begin_array();
  for (const Item& item : items) put(json, item);
  json.end_array().field("total", total).field("next_cursor", next_cursor).end_object();
  return json.take();
}

// 422 for one field. What the store says of a wrong value is for the client.
Problem wrong_field(std::string_view field, std::string detail);
Problem wrong_field(std::string_view field, const common::Error& error);  // others as they are

Response created(std::string json, std::string location);

// The number in a cursor of this list, or none without a cursor. Problem: bad-cursor.
tl::expected<std::optional<std::int64_t>, Problem> position_in_cursor(const Services& services,
                                                                      const Request& request,
                                                                      std::string_view purpose);

}  // namespace mailkeep::api
