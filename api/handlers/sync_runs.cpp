// SPDX-License-Identifier: GPL-3.0-or-later
// /accounts/{id}/sync-runs and /accounts/{id}/test: work on an account, asked for and seen.

#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/job_json.h"
#include "api/handlers/visible_account.h"
#include "api/paging.h"
#include "store/jobs.h"
#include "store/passes.h"

namespace mailkeep::api {
namespace {

void put_pass(JsonWriter& json, const store::Pass& pass) {
  json.begin_object().field("id", id_text(pass.id));
  put_time(json, "started", pass.started);
  put_time(json, "finished", pass.finished);
  json.key("outcome");
  pass.outcome.empty() ? json.null() : json.value(pass.outcome);
  json.key("error");
  pass.error.empty() ? json.null() : json.value(pass.error);
  json.field("folders", pass.folders).end_object();
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsRead));
  MAILKEEP_TRY(account, find_visible_account(services, caller, request.parameters[0]));
  MAILKEEP_TRY(limit, limit_of(request));
  const std::string purpose = "sync-runs\n" + request.parameters[0];
  MAILKEEP_TRY(before, position_in_cursor(services, request, purpose));
  store::Passes passes(services.archive);
  MAILKEEP_TRY(total, passes.count(account.id));
  MAILKEEP_TRY(found, passes.list(account.id, before, limit + 1));
  std::optional<std::string> next;
  if (found.size() > limit) {
    found.pop_back();
    next = services.cursors.encode(purpose, {id_text(found.back().id)});
  }
  return json_response(list_json(found, total, next, put_pass));
}

Answer ask_for(Services& services, const Request& request, Scope scope, store::JobKind kind,
               std::string_view action) {
  MAILKEEP_TRY(caller, services.auth.require(request, scope));
  MAILKEEP_TRY(account, find_visible_account(services, caller, request.parameters[0]));
  const bool has_server = account.settings.protocol != store::Protocol::Import &&
                          account.state != store::AccountState::Removed;
  if (!has_server)
    return refuse("conflict", "the account has no server to ask: it was removed or imported");
  MAILKEEP_TRY(added, store::Jobs(services.archive).add(kind, account.id, caller.user));
  MAILKEEP_CHECKED(services.access.record(caller, request,
                                          {.action = std::string(action),
                                           .object = id_text(store::number(account.id)),
                                           .detail = account.settings.name}));
  return accepted(services, added.job);
}

Answer run(Services& services, const Request& request) {
  return ask_for(services, request, Scope::SyncRun, store::JobKind::Fetch, "sync-run");
}

Answer test(Services& services, const Request& request) {
  return ask_for(services, request, Scope::AccountsWrite, store::JobKind::AccountTest,
                 "account-test");
}

}  // namespace

void add_sync_run_routes(Router& router, Services& services) {
  const std::string one = "/api/v1/accounts/{account}";
  add_route(router, services, Method::Get, one + "/sync-runs", list);
  add_route(router, services, Method::Post, one + "/sync-runs", run);
  add_route(router, services, Method::Post, one + "/test", test);
}

}  // namespace mailkeep::api
