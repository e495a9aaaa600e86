// SPDX-License-Identifier: GPL-3.0-or-later
// GET, POST /tokens and DELETE /tokens/{id}: one's own, or all for administrators.

#include <algorithm>

#include "api/fields.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "store/tokens.h"

namespace mailkeep::api {
namespace {

constexpr std::int64_t kDefaultDays = 90;
constexpr common::Micros kDay = 24LL * 3600 * 1'000'000;

void put_token(JsonWriter& json, const store::TokenInfo& token, const AccountNames& names) {
  json.begin_object()
      .field("id", id_text(store::number(token.id)))
      .field("prefix", token.prefix)
      .field("name", token.name)
      .field("user", token.user_name)
      .field("scopes", token.scopes);
  put_accounts(json, "accounts", token.accounts, names);
  put_time(json, "created", token.created);
  put_time(json, "expires", token.expires);
  put_time(json, "last_used", token.last_used);
  put_time(json, "revoked", token.revoked);
  json.end_object();
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  const bool sees_all = caller.has(Scope::TokensWrite);
  MAILKEEP_TRY(tokens, store::Tokens(services.archive)
                           .list(sees_all ? std::nullopt : std::optional(caller.user_id)));
  MAILKEEP_TRY(names, account_names(services.archive));
  return json_response(list_json(
      tokens, tokens.size(), std::nullopt,
      [&names = names](JsonWriter& json, const auto& token) { put_token(json, token, names); }));
}

// A token cannot make others: one that was stolen would live on in them. A person who signed in
// with a password may; so may whoever holds tokens:write.
Permission may_make(const Caller& caller) {
  if (!caller.token) return {};
  return require_scope(caller, Scope::TokensWrite);
}

tl::expected<store::User, Problem> owner_for(Services& services, const Caller& caller,
                                             const std::optional<std::string>& name) {
  if (!name || *name == caller.user)
    return store::Users(services.archive).find(caller.user_id).map_error([](const auto& error) {
      return Problem(error);
    });
  MAILKEEP_CHECKED(require_scope(caller, Scope::TokensWrite));
  MAILKEEP_CHECKED(require_unbound(caller, "make tokens for others"));
  auto user = store::Users(services.archive).find(*name);
  if (!user) return tl::unexpected(wrong_field("user", user.error()));
  return std::move(*user);
}

// Never more than its user's role; one's own never more than one has at this moment.
tl::expected<std::vector<std::string>, Problem> scopes_for(
    const Caller& caller, const store::User& owner,
    const std::optional<std::vector<std::string>>& wanted) {
  const bool is_own = owner.id == caller.user_id;
  if (!wanted) return names_of(is_own ? caller.scopes : scopes_of(owner.role));
  const auto scopes = scopes_within(owner.role, *wanted);
  if (!scopes) return tl::unexpected(wrong_field("scopes", scopes.error()));
  if (scopes->empty()) return tl::unexpected(wrong_field("scopes", "must not be empty"));
  for (const Scope scope : *scopes)
    if (is_own) MAILKEEP_CHECKED(require_scope(caller, scope));
  return names_of(*scopes);
}

tl::expected<std::optional<std::vector<store::AccountId>>, Problem> accounts_for(
    Services& services, const Caller& caller, const store::User& owner,
    const std::optional<std::vector<std::string>>& wanted) {
  std::optional<std::vector<store::AccountId>> accounts;
  if (wanted) {
    MAILKEEP_TRY(ids, accounts_named(services.archive, caller, *wanted));
    accounts = std::move(ids);
  } else if (owner.id == caller.user_id && caller.token && caller.accounts) {
    accounts.emplace();  // what the caller's own token is bound to
    for (const CallerAccount& account : *caller.accounts) accounts->push_back(account.id);
  }
  return accounts;
}

Answer add(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  MAILKEEP_CHECKED(may_make(caller));
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  store::NewToken wanted;
  wanted.name = fields.required_string("name", 100);
  const auto user = fields.optional_string("user", 200);
  const auto scopes = fields.optional_strings("scopes", 32);
  const auto accounts = fields.optional_strings("accounts", 10'000);
  const auto days = fields.optional_integer("days", 1, 366);
  MAILKEEP_CHECKED(fields.finish());
  MAILKEEP_TRY(owner, owner_for(services, caller, user));
  MAILKEEP_TRY(allowed, scopes_for(caller, owner, scopes));
  MAILKEEP_TRY(bound, accounts_for(services, caller, owner, accounts));
  wanted.scopes = allowed;
  wanted.accounts = bound;
  wanted.expires = services.archive.clock().now() + days.value_or(kDefaultDays) * kDay;
  // Never longer than the token that makes it.
  if (caller.token && caller.expires) wanted.expires = std::min(wanted.expires, *caller.expires);
  const auto made = store::Tokens(services.archive).create(owner.id, wanted, caller.user);
  if (!made) return tl::unexpected(wrong_field("name", made.error()));
  MAILKEEP_TRY(names, account_names(services.archive));
  JsonWriter json;
  json.begin_object().key("token");
  put_token(json, made->token, names);
  json.field("secret", made->secret).end_object();
  return created(json.take(), "/api/v1/tokens/" + id_text(store::number(made->token.id)));
}

Answer revoke(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  MAILKEEP_TRY(id, id_from(request.parameters[0]));
  store::Tokens tokens(services.archive);
  MAILKEEP_TRY(token, tokens.find(store::TokenId(id)));
  if (token.user != caller.user_id && !caller.has(Scope::TokensWrite))
    return refuse("not-found", "there is no such token: mailkeep token list shows all");
  MAILKEEP_CHECKED(tokens.revoke(token.id, caller.user));
  return empty_response();
}

}  // namespace

void add_token_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/tokens", list);
  add_route(router, services, Method::Post, "/api/v1/tokens", add);
  add_route(router, services, Method::Delete, "/api/v1/tokens/{token}", revoke);
}

}  // namespace mailkeep::api
