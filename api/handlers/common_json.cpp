// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/handlers/common_json.h"

#include <charconv>

#include "common/clock.h"
#include "common/printable.h"
#include "store/accounts.h"

namespace mailkeep::api {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool is_plain = error == std::errc() && end == text.data() + text.size() && id >= 0;
  if (!is_plain || text != std::to_string(id)) return std::nullopt;
  return id;
}

}  // namespace

tl::expected<std::int64_t, Problem> id_from(const std::string& text) {
  if (const auto id = whole_number(text)) return *id;
  return refuse("not-found", "there is nothing with this id, or nothing that you may see");
}

std::string id_text(std::int64_t id) { return std::to_string(id); }

void put_time(JsonWriter& json, std::string_view name, std::optional<common::Micros> time) {
  json.key(name);
  time ? json.value(common::rfc3339(*time)) : json.null();
}

common::Result<AccountNames> account_names(store::Archive& archive) {
  AccountNames names;
  MAILKEEP_TRY(accounts, store::Accounts(archive).list());
  for (const store::Account& account : accounts) names[account.id] = account.settings.name;
  return names;
}

void put_account(JsonWriter& json, store::AccountId id, const AccountNames& names) {
  const auto known = names.find(id);
  json.begin_object()
      .field("id", id_text(store::number(id)))
      .field("name", known == names.end() ? std::string() : known->second)
      .end_object();
}

void put_accounts(JsonWriter& json, std::string_view name,
                  const std::optional<std::vector<store::AccountId>>& accounts,
                  const AccountNames& names) {
  json.key(name);
  if (!accounts) {
    json.null();
    return;
  }
  json.begin_array();
  for (const store::AccountId id : *accounts) put_account(json, id, names);
  json.end_array();
}

tl::expected<std::vector<store::AccountId>, Problem> accounts_named(
    store::Archive& archive, const Caller& caller, const std::vector<std::string>& names) {
  std::vector<store::AccountId> ids;
  for (const std::string& name : names) {
    const auto account = store::Accounts(archive).find(name);
    if (!account && account.error().kind != common::ErrorKind::NotFound)
      return tl::unexpected(Problem(account.error()));
    if (!account || !caller.may_see(account->id))
      return tl::unexpected(wrong_field(
          "accounts", fmt::format("there is no account named {}", common::printable(name))));
    ids.push_back(account->id);
  }
  return ids;
}

Problem wrong_field(std::string_view field, std::string detail) {
  Problem problem = make_problem("invalid-fields", fmt::format("{}: {}", field, detail));
  problem.errors.push_back({std::string(field), std::move(detail)});
  return problem;
}

Problem wrong_field(std::string_view field, const common::Error& error) {
  const bool is_wish = error.kind == common::ErrorKind::Usage ||
                       error.kind == common::ErrorKind::Config ||
                       error.kind == common::ErrorKind::NotFound;
  return is_wish ? wrong_field(field, error.text) : Problem(error);
}

Response created(std::string json, std::string location) {
  Response response = json_response(std::move(json), 201);
  set_header(response, "Location", std::move(location));
  return response;
}

tl::expected<std::optional<std::int64_t>, Problem> position_in_cursor(const Services& services,
                                                                      const Request& request,
                                                                      std::string_view purpose) {
  const auto cursor = query_value(request, "cursor");
  if (!cursor) return std::nullopt;
  MAILKEEP_TRY(fields, services.cursors.decode(purpose, *cursor));
  const auto position = fields.size() == 1 ? whole_number(fields[0]) : std::nullopt;
  if (!position) return refuse("bad-cursor", "ask for the first page again");
  return position;
}

}  // namespace mailkeep::api
