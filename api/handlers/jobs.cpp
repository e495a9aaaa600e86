// SPDX-License-Identifier: GPL-3.0-or-later
// GET /jobs, GET and DELETE /jobs/{id}.

#include "store/jobs.h"
#include "api/handlers/handlers.h"
#include "api/handlers/job_json.h"
#include "api/paging.h"

namespace mailkeep::api {
namespace {

void put_object(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name).raw(text.empty() ? "{}" : text);
}

std::optional<std::vector<store::AccountId>> accounts_of(const Caller& caller) {
  if (!caller.accounts) return std::nullopt;
  std::vector<store::AccountId> ids;
  for (const CallerAccount& account : *caller.accounts) ids.push_back(account.id);
  return ids;
}

// Whoever asked for a job may look at it; others need jobs:read, and must see its account.
tl::expected<store::Job, Problem> find_visible_job(Services& services, const Caller& caller,
                                                   const std::string& text) {
  MAILKEEP_TRY(id, id_from(text));
  MAILKEEP_TRY(job, store::Jobs(services.archive).find(store::JobId(id)));
  const bool is_visible = job.account ? caller.may_see(*job.account) : !caller.accounts;
  if (!is_visible) return refuse("not-found", "there is no job {}", id);
  return std::move(job);
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::JobsRead));
  MAILKEEP_TRY(limit, limit_of(request));
  store::JobQuery query;
  const std::string state = query_value(request, "state").value_or("");
  query.state = store::job_state_from(state);
  if (!state.empty() && !query.state)
    return refuse("bad-parameter", "state is queued, running, done, failed or cancelled");
  query.accounts = accounts_of(caller);
  store::Jobs jobs(services.archive);
  MAILKEEP_TRY(total, jobs.count(query));
  const std::string purpose = fmt::format("jobs\n{}\n{}", state, caller.user);
  MAILKEEP_TRY(before, position_in_cursor(services, request, purpose));
  if (before) query.before = store::JobId(*before);
  query.limit = limit + 1;
  MAILKEEP_TRY(found, jobs.list(query));
  std::optional<std::string> next;
  if (found.size() > limit) {
    found.pop_back();
    next = services.cursors.encode(purpose, {id_text(store::number(found.back().id))});
  }
  MAILKEEP_TRY(names, account_names(services.archive));
  return json_response(list_json(
      found, total, next,
      [&names = names](JsonWriter& json, const auto& job) { put_job(json, job, names); }));
}

Answer job_response(Services& services, const store::Job& job, int status) {
  MAILKEEP_TRY(names, account_names(services.archive));
  JsonWriter json;
  put_job(json, job, names);
  return json_response(json.take(), status);
}

Answer show(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  MAILKEEP_TRY(job, find_visible_job(services, caller, request.parameters[0]));
  if (job.actor != caller.user) MAILKEEP_CHECKED(require_scope(caller, Scope::JobsRead));
  return job_response(services, job, 200);
}

Answer cancel(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::SyncRun));
  MAILKEEP_TRY(job, find_visible_job(services, caller, request.parameters[0]));
  MAILKEEP_TRY(asked, store::Jobs(services.archive).ask_cancel(job.id));
  MAILKEEP_CHECKED(services.access.record(
      caller, request, {.action = "job-cancel", .object = id_text(store::number(job.id))}));
  return job_response(services, asked, 202);
}

}  // namespace

void put_job(JsonWriter& json, const store::Job& job, const AccountNames& names) {
  json.begin_object()
      .field("id", id_text(store::number(job.id)))
      .field("kind", store::name_of(job.kind))
      .field("state", store::name_of(job.state))
      .key("account");
  job.account ? put_account(json, *job.account, names) : static_cast<void>(json.null());
  json.field("actor", job.actor);
  put_time(json, "created", job.created);
  put_time(json, "started", job.started);
  put_time(json, "finished", job.finished);
  put_object(json, "progress", job.progress);
  put_object(json, "result", job.result);
  json.key("error");
  job.error.empty() ? json.null() : json.value(job.error);
  json.field("cancel_asked", job.cancel_asked).end_object();
}

Answer accepted(Services& services, const store::Job& job) {
  MAILKEEP_TRY(response, job_response(services, job, 202));
  set_header(response, "Location", "/api/v1/jobs/" + id_text(store::number(job.id)));
  return std::move(response);
}

void add_job_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/jobs", list);
  add_route(router, services, Method::Get, "/api/v1/jobs/{job}", show);
  add_route(router, services, Method::Delete, "/api/v1/jobs/{job}", cancel);
}

}  // namespace mailkeep::api
