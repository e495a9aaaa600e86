// SPDX-License-Identifier: GPL-3.0-or-later
// /accounts and /accounts/{id}: settings, and the end of fetching. Secrets go in and never out.

#include <algorithm>

#include "api/conditional.h"
#include "api/fields.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/visible_account.h"
#include "store/account_rules.h"
#include "store/accounts.h"

namespace mailkeep::api {
namespace {

using common::ErrorKind;

std::string etag_for(const store::Account& account) {
  return etag_of_version(id_text(store::number(account.version)));
}

void put_account_settings(JsonWriter& json, const store::AccountSettings& settings) {
  json.field("protocol", store::name_of(settings.protocol))
      .field("tls", store::name_of(settings.tls))
      .field("host", settings.host)
      .field("port", settings.port)
      .field("user", settings.user)
      .field("ca_file", settings.ca_file)
      .field("custodian", settings.custodian)
      .field("address", settings.address)
      .field("include", settings.include)
      .field("exclude", settings.exclude)
      .field("smtp_url", settings.smtp_url)
      .field("smtp_user", settings.smtp_user)
      .field("send_budget", settings.send_budget)
      .field("interval_seconds", settings.interval_seconds);
}

void put_whole_account(JsonWriter& json, const store::Account& account) {
  json.begin_object()
      .field("id", id_text(store::number(account.id)))
      .field("name", account.settings.name)
      .field("state", store::name_of(account.state));
  put_account_settings(json, account.settings);
  json.field("has_password", account.has_password)
      .field("has_smtp_password", account.has_smtp_password);
  put_time(json, "created", account.created);
  json.field("version", store::number(account.version)).end_object();
}

Response account_response(const store::Account& account, int status = 200) {
  JsonWriter json;
  put_whole_account(json, account);
  Response response = json_response(json.take(), status);
  set_header(response, "ETag", etag_for(account));
  return response;
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsRead));
  MAILKEEP_TRY(accounts, store::Accounts(services.archive).list());
  std::erase_if(accounts, [&caller = caller](const store::Account& account) {
    return !caller.may_see(account.id);
  });
  return json_response(list_json(accounts, accounts.size(), std::nullopt, put_whole_account));
}

Answer show(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsRead));
  MAILKEEP_TRY(account, find_visible_account(services, caller, request.parameters[0]));
  if (is_known_to_client(request, etag_for(account))) return not_modified(etag_for(account));
  return account_response(account);
}

// A member that is there and null unsets; one that is absent leaves as it is.
store::NumberWish number_wish(Fields& fields, std::string_view name) {
  store::NumberWish wish;
  const auto value = fields.optional_integer(name, 0, 0xffff'ffff);
  wish.is_given = fields.has(name);
  if (value) wish.value = static_cast<std::uint32_t>(*value);
  return wish;
}

struct Wish {
  std::string name;
  store::AccountWish settings;
  std::optional<std::string> password, smtp_password;
};

std::optional<std::string> secret_from(Fields& fields, std::string_view name, bool may_be_empty) {
  auto secret = fields.optional_string(name, 10'000);
  if (!secret) return secret;
  if (secret->find_first_of("\r\n") != std::string::npos) fields.complain(name, "is one line");
  if (secret->empty() && !may_be_empty) fields.complain(name, "must not be empty");
  return secret;
}

tl::expected<Wish, Problem> wish_from(const Request& request, bool is_new) {
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  Wish wish;
  if (is_new) wish.name = fields.required_string("name", 255);
  store::AccountWish& settings = wish.settings;
  settings.url = fields.optional_string("url", 2000);
  settings.tls = fields.optional_string("tls", 20);
  settings.ca_file = fields.optional_string("ca_file");
  settings.custodian = fields.optional_string("custodian");
  settings.address = fields.optional_string("address");
  settings.include = fields.optional_strings("include");
  settings.exclude = fields.optional_strings("exclude");
  settings.smtp_url = fields.optional_string("smtp_url");
  settings.smtp_user = fields.optional_string("smtp_user");
  settings.send_budget = number_wish(fields, "send_budget");
  settings.interval_seconds = number_wish(fields, "interval_seconds");
  wish.password = secret_from(fields, "password", false);
  wish.smtp_password = secret_from(fields, "smtp_password", true);
  if (is_new && !settings.url) fields.complain("url", "is missing");
  MAILKEEP_CHECKED(fields.finish());
  return wish;
}

// The rules speak of a setting; which one it is stands in the sentence.
Problem wrong_setting(const common::Error& error) {
  const bool is_wish = error.kind == ErrorKind::Usage || error.kind == ErrorKind::Config;
  return is_wish ? make_problem("invalid-fields", error.text) : Problem(error);
}

Permission record(Services& services, const Caller& caller, const Request& request,
                  std::string_view action, const store::Account& account) {
  return services.access.record(caller, request,
                                {.action = std::string(action),
                                 .object = id_text(store::number(account.id)),
                                 .detail = account.settings.name});
}

Answer add(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsWrite));
  MAILKEEP_CHECKED(require_unbound(caller, "add one"));
  MAILKEEP_TRY(wish, wish_from(request, true));
  const auto settings = store::settings_for_new(wish.name, wish.settings);
  if (!settings) return tl::unexpected(wrong_setting(settings.error()));
  store::Accounts accounts(services.archive);
  const auto added = accounts.add(*settings, wish.password.value_or(std::string()));
  if (!added) return tl::unexpected(wrong_setting(added.error()));
  if (wish.smtp_password && !wish.smtp_password->empty())
    MAILKEEP_CHECKED(accounts.set_smtp_password(added->id, *wish.smtp_password));
  MAILKEEP_TRY(account, accounts.find_by_id(added->id));
  MAILKEEP_CHECKED(record(services, caller, request, "account-add", account));
  Response response = account_response(account, 201);
  set_header(response, "Location", "/api/v1/accounts/" + id_text(store::number(account.id)));
  return response;
}

// What goes to the SMTP server: a password of its own, or that of the mailbox.
bool sends_own_secret(const store::Account& account, const Wish& wish) {
  return wish.smtp_password ? !wish.smtp_password->empty() : account.has_smtp_password;
}

Permission refuse_to_send_smtp_secret_elsewhere(const store::Account& account,
                                                const store::AccountSettings& settings,
                                                const Wish& wish) {
  if (settings.smtp_url.empty()) return {};
  const bool is_same = settings.smtp_url == account.settings.smtp_url &&
                       settings.tls == account.settings.tls &&
                       settings.ca_file == account.settings.ca_file;
  if (sends_own_secret(account, wish)) {
    if (is_same || wish.smtp_password) return {};
    return tl::unexpected(
        wrong_field("smtp_password", "must be given again when the SMTP server changes"));
  }
  const bool knows_it_already = is_same && !account.has_smtp_password;
  if (knows_it_already || wish.password || !account.has_password) return {};
  return tl::unexpected(wrong_field(
      "password", "must be given again when the SMTP server that gets it is another one"));
}

// The passwords go to whatever server the settings name, so a new server needs a new one: whoever
// may change settings could otherwise have the old one sent to a server of their own.
Permission refuse_to_send_secrets_elsewhere(const store::Account& account,
                                            const store::AccountSettings& settings,
                                            const Wish& wish) {
  const bool is_same =
      settings.host == account.settings.host && settings.port == account.settings.port &&
      settings.tls == account.settings.tls && settings.ca_file == account.settings.ca_file;
  if (!is_same && account.has_password && !wish.password)
    return tl::unexpected(
        wrong_field("password", "must be given again when the server, its TLS or its CA changes"));
  return refuse_to_send_smtp_secret_elsewhere(account, settings, wish);
}

Answer patch(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsWrite));
  MAILKEEP_TRY(seen, find_visible_account(services, caller, request.parameters[0]));
  MAILKEEP_CHECKED(require_if_match(request, etag_for(seen)));
  MAILKEEP_TRY(wish, wish_from(request, false));
  const auto settings = store::settings_changed(seen.settings, wish.settings);
  if (!settings) return tl::unexpected(wrong_setting(settings.error()));
  MAILKEEP_CHECKED(refuse_to_send_secrets_elsewhere(seen, *settings, wish));
  store::Accounts accounts(services.archive);
  const auto changed =
      accounts.change(seen.id, *settings, seen.version, {wish.password, wish.smtp_password});
  if (!changed && changed.error().kind == ErrorKind::Conflict &&
      seen.state != store::AccountState::Removed)
    return refuse("precondition-failed", "{}", changed.error().text);
  if (!changed) return tl::unexpected(wrong_setting(changed.error()));
  MAILKEEP_TRY(account, accounts.find_by_id(seen.id));
  MAILKEEP_CHECKED(record(services, caller, request, "account-change", account));
  return account_response(account);
}

Answer remove(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsWrite));
  MAILKEEP_TRY(seen, find_visible_account(services, caller, request.parameters[0]));
  MAILKEEP_CHECKED(require_if_match(request, etag_for(seen)));
  MAILKEEP_CHECKED(
      store::Accounts(services.archive).set_state(seen.id, store::AccountState::Removed));
  MAILKEEP_CHECKED(record(services, caller, request, "account-remove", seen));
  return empty_response();
}

Answer set_state(Services& services, const Request& request, store::AccountState state,
                 std::string_view action) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsWrite));
  MAILKEEP_TRY(seen, find_visible_account(services, caller, request.parameters[0]));
  store::Accounts accounts(services.archive);
  MAILKEEP_CHECKED(accounts.set_state(seen.id, state));
  MAILKEEP_TRY(account, accounts.find_by_id(seen.id));
  MAILKEEP_CHECKED(record(services, caller, request, action, account));
  return account_response(account);
}

Answer pause(Services& services, const Request& request) {
  return set_state(services, request, store::AccountState::Paused, "account-pause");
}

Answer resume(Services& services, const Request& request) {
  return set_state(services, request, store::AccountState::Active, "account-resume");
}

}  // namespace

tl::expected<store::Account, Problem> find_visible_account(Services& services, const Caller& caller,
                                                           const std::string& id) {
  const auto refused = [] { return refuse("not-found", "there is no account with this id"); };
  const auto number = id_from(id);
  if (!number || !caller.may_see(store::AccountId(*number))) return refused();
  auto account = store::Accounts(services.archive).find_by_id(store::AccountId(*number));
  if (!account && account.error().kind == ErrorKind::NotFound) return refused();
  if (!account) return tl::unexpected(Problem(account.error()));
  return std::move(*account);
}

void add_account_routes(Router& router, Services& services) {
  const std::string one = "/api/v1/accounts/{account}";
  add_route(router, services, Method::Get, "/api/v1/accounts", list);
  add_route(router, services, Method::Post, "/api/v1/accounts", add);
  add_route(router, services, Method::Get, one, show);
  add_route(router, services, Method::Patch, one, patch);
  add_route(router, services, Method::Delete, one, remove);
  add_route(router, services, Method::Post, one + "/pause", pause);
  add_route(router, services, Method::Post, one + "/resume", resume);
}

}  // namespace mailkeep::api
