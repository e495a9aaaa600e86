// SPDX-License-Identifier: GPL-3.0-or-later
// GET, POST and DELETE /session: who am I, sign in, sign out.

#include "api/fields.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "store/sessions.h"

namespace mailkeep::api {
namespace {

std::string session_json(const Caller& caller) {
  JsonWriter json;
  json.begin_object()
      .field("user", caller.user)
      .field("role", store::name_of(caller.role))
      .field("scopes", names_of(caller.scopes))
      .key("accounts");
  if (caller.accounts) {
    json.begin_array();
    for (const CallerAccount& account : *caller.accounts)
      json.begin_object()
          .field("id", id_text(store::number(account.id)))
          .field("name", account.name)
          .end_object();
    json.end_array();
  } else {
    json.null();
  }
  put_time(json, "expires", caller.expires);
  json.end_object();
  return json.take();
}

Answer show(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  return json_response(session_json(caller));
}

tl::expected<Authenticator::SignedIn, Problem> let_in(Services& services, const Request& request) {
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  const auto user = fields.optional_string("user", store::kUserNameMaxBytes * 2);
  const auto password = fields.optional_string("password", store::kPasswordMaxBytes);
  const auto token = fields.optional_string("token", 200);
  const bool has_both = user && password;
  if (has_both == token.has_value() || user.has_value() != password.has_value())
    fields.complain("user", "give user and password, or a token");
  MAILKEEP_CHECKED(fields.finish());
  if (token) return services.auth.sign_in(request, *token);
  return services.auth.sign_in(request, *user, *password);
}

// A page of another site must not sign people in under a name of its choice.
Permission refuse_other_sites(const Request& request) {
  const std::string* site = request.headers.find("Sec-Fetch-Site");
  if (site == nullptr || *site == "same-origin" || *site == "none") return {};
  return refuse("cross-site", "sign in on the service's own page");
}

Answer sign_in(Services& services, const Request& request) {
  MAILKEEP_CHECKED(refuse_other_sites(request));
  MAILKEEP_TRY(signed_in, let_in(services, request));
  MAILKEEP_CHECKED(services.access.record(signed_in.caller, request,
                                          {.action = "sign-in", .object = signed_in.caller.user}));
  Response response = json_response(session_json(signed_in.caller));
  add_header(response, "Set-Cookie", session_cookie(signed_in.secret, request.is_tls));
  return response;
}

Answer sign_out(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  if (caller.session) {
    MAILKEEP_CHECKED(store::Sessions(services.archive).end(*caller.session));
    MAILKEEP_CHECKED(
        services.access.record(caller, request, {.action = "sign-out", .object = caller.user}));
  }
  Response response = empty_response();
  add_header(response, "Set-Cookie", ended_session_cookie(request.is_tls));
  return response;
}

}  // namespace

void add_session_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/session", show);
  add_route(router, services, Method::Post, "/api/v1/session", sign_in);
  add_route(router, services, Method::Delete, "/api/v1/session", sign_out);
}

}  // namespace mailkeep::api
