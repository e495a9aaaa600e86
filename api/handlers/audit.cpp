// SPDX-License-Identifier: GPL-3.0-or-later
// GET /audit: who did what, newest first.

#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/paging.h"
#include "store/journal.h"

namespace mailkeep::api {
namespace {

void put_entry(JsonWriter& json, const store::EventRecord& event) {
  json.begin_object().field("position", store::number(event.position)).field("kind", event.kind);
  put_time(json, "time", event.time);
  json.field("text", event.text).key("details");
  const auto details = parse_json(event.text);
  if (details && details->object() != nullptr)
    json.raw(event.text);
  else
    json.null();
  json.end_object();
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AuditRead));
  MAILKEEP_CHECKED(require_unbound(caller, "read the audit, which is about all of them"));
  MAILKEEP_TRY(limit, limit_of(request));
  const std::string kind = query_value(request, "kind").value_or("");
  const std::string purpose = "audit\n" + kind;
  MAILKEEP_TRY(before, position_in_cursor(services, request, purpose));
  store::EventQuery query;
  if (!kind.empty()) query.kinds = {kind};
  store::Journal journal(services.archive);
  const auto total = journal.count_events(query);
  if (!total && total.error().kind == common::ErrorKind::Usage)
    return refuse("bad-parameter", "kind takes a kind of event, such as access or right");
  if (!total) return tl::unexpected(Problem(total.error()));
  if (before) query.before = store::LogPosition(*before);
  query.limit = limit + 1;  // one more tells whether there is a next page
  MAILKEEP_TRY(events, journal.events(query));
  std::optional<std::string> next;
  if (events.size() > limit) {
    events.pop_back();
    next = services.cursors.encode(purpose, {id_text(store::number(events.back().position))});
  }
  MAILKEEP_CHECKED(services.access.record(
      caller, request,
      {.action = "audit", .object = kind, .count = events.size(), .total = *total}));
  return json_response(list_json(events, *total, next, put_entry));
}

}  // namespace

void add_audit_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/audit", list);
}

}  // namespace mailkeep::api
