// SPDX-License-Identifier: GPL-3.0-or-later
// GET, POST /users, GET, PATCH /users/{id} and PUT /users/{id}/password.

#include "store/users.h"
#include "api/conditional.h"
#include "api/fields.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"

namespace mailkeep::api {
namespace {

using common::ErrorKind;

std::string etag_for(const store::User& user) {
  return etag_of_version(id_text(store::number(user.version)));
}

void put_user(JsonWriter& json, const store::User& user, const AccountNames& names) {
  json.begin_object()
      .field("id", id_text(store::number(user.id)))
      .field("name", user.name)
      .field("role", store::name_of(user.role))
      .field("state", store::name_of(user.state));
  std::optional<std::vector<store::AccountId>> accounts;
  if (user.role == store::Role::Reviewer) accounts = user.accounts;
  put_accounts(json, "accounts", accounts, names);
  put_time(json, "created", user.created);
  json.field("version", store::number(user.version)).end_object();
}

tl::expected<Response, Problem> user_response(Services& services, const store::User& user,
                                              int status = 200) {
  MAILKEEP_TRY(names, account_names(services.archive));
  JsonWriter json;
  put_user(json, user, names);
  Response response = json_response(json.take(), status);
  set_header(response, "ETag", etag_for(user));
  return response;
}

// Whoever may give people accounts has all of them.
Permission may_manage_users(const Caller& caller) {
  MAILKEEP_CHECKED(require_scope(caller, Scope::UsersWrite));
  return require_unbound(caller, "manage users");
}

tl::expected<Caller, Problem> require_user_rights(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  MAILKEEP_CHECKED(may_manage_users(caller));
  return std::move(caller);
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_CHECKED(require_user_rights(services, request));
  MAILKEEP_TRY(users, store::Users(services.archive).list());
  MAILKEEP_TRY(names, account_names(services.archive));
  return json_response(list_json(
      users, users.size(), std::nullopt,
      [&names = names](JsonWriter& json, const auto& user) { put_user(json, user, names); }));
}

Answer show(Services& services, const Request& request) {
  MAILKEEP_CHECKED(require_user_rights(services, request));
  MAILKEEP_TRY(id, id_from(request.parameters[0]));
  MAILKEEP_TRY(user, store::Users(services.archive).find(store::UserId(id)));
  if (is_known_to_client(request, etag_for(user))) return not_modified(etag_for(user));
  return user_response(services, user);
}

std::optional<store::Role> role_of(Fields& fields, const std::optional<std::string>& word) {
  if (!word) return std::nullopt;
  const auto role = store::role_from(*word);
  if (!role) fields.complain("role", "is administrator, auditor or reviewer");
  return role;
}

Answer add(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, require_user_rights(services, request));
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  const std::string name = fields.required_string("name", store::kUserNameMaxBytes);
  const auto role = role_of(fields, fields.required_string("role", 40));
  const auto accounts = fields.optional_strings("accounts", 10'000);
  const auto password = fields.optional_string("password", store::kPasswordMaxBytes);
  if (password && password->empty()) fields.complain("password", "must not be empty");
  MAILKEEP_CHECKED(fields.finish());
  MAILKEEP_TRY(
      ids, accounts_named(services.archive, caller, accounts.value_or(std::vector<std::string>())));
  const auto user = store::Users(services.archive)
                        .add(name, *role, ids, password.value_or(std::string()), caller.user);
  if (!user) return tl::unexpected(wrong_field(password ? "password" : "name", user.error()));
  MAILKEEP_TRY(response, user_response(services, *user, 201));
  set_header(response, "Location", "/api/v1/users/" + id_text(store::number(user->id)));
  return std::move(response);
}

tl::expected<store::UserChange, Problem> change_from(Services& services, const Caller& caller,
                                                     const Request& request) {
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  store::UserChange change;
  change.role = role_of(fields, fields.optional_string("role", 40));
  if (const auto state = fields.optional_string("state", 40)) {
    change.state = store::user_state_from(*state);
    if (!change.state) fields.complain("state", "is active or disabled");
  }
  const auto accounts = fields.optional_strings("accounts", 10'000);
  MAILKEEP_CHECKED(fields.finish());
  if (!accounts) return change;
  MAILKEEP_TRY(ids, accounts_named(services.archive, caller, *accounts));
  change.accounts = std::move(ids);
  return change;
}

Answer patch(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, require_user_rights(services, request));
  MAILKEEP_TRY(id, id_from(request.parameters[0]));
  store::Users users(services.archive);
  MAILKEEP_TRY(seen, users.find(store::UserId(id)));
  MAILKEEP_CHECKED(require_if_match(request, etag_for(seen)));
  MAILKEEP_TRY(change, change_from(services, caller, request));
  const auto changed = users.change(seen.id, change, seen.version, caller.user);
  if (!changed && changed.error().kind == ErrorKind::Conflict)
    return refuse("precondition-failed", "{}", changed.error().text);
  if (!changed) return tl::unexpected(wrong_field("accounts", changed.error()));
  return user_response(services, *changed);
}

// One's own with the old one, which counts as an attempt to sign in; anybody's for administrators.
Permission may_set_password(Services& services, const Request& request, const Caller& caller,
                            const store::User& user, const std::optional<std::string>& old) {
  if (user.id != caller.user_id) return {};  // looked at before
  if (caller.token) return may_manage_users(caller);
  if (!old) return tl::unexpected(wrong_field("old_password", "is missing"));
  if (services.auth.is_password(request, user.name, *old)) return {};
  return tl::unexpected(wrong_field("old_password", "is not right, or was tried too often"));
}

Answer set_password(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  MAILKEEP_TRY(id, id_from(request.parameters[0]));
  if (id != store::number(caller.user_id)) MAILKEEP_CHECKED(may_manage_users(caller));
  store::Users users(services.archive);
  MAILKEEP_TRY(user, users.find(store::UserId(id)));
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  const std::string password = fields.required_string("password", store::kPasswordMaxBytes);
  const auto old = fields.optional_string("old_password", store::kPasswordMaxBytes);
  MAILKEEP_CHECKED(fields.finish());
  MAILKEEP_CHECKED(may_set_password(services, request, caller, user, old));
  if (const auto set = users.set_password(user.id, password, caller.user); !set)
    return tl::unexpected(wrong_field("password", set.error()));
  return empty_response();
}

}  // namespace

void add_user_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/users", list);
  add_route(router, services, Method::Post, "/api/v1/users", add);
  add_route(router, services, Method::Get, "/api/v1/users/{user}", show);
  add_route(router, services, Method::Patch, "/api/v1/users/{user}", patch);
  add_route(router, services, Method::Put, "/api/v1/users/{user}/password", set_password);
}

}  // namespace mailkeep::api
