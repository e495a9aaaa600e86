// SPDX-License-Identifier: GPL-3.0-or-later
// GET /outbox, GET and DELETE /outbox/{id}, POST /outbox/{id}/resend.

#include "store/outbox.h"

#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/outbox_json.h"
#include "api/paging.h"

namespace mailkeep::api {
namespace {

std::optional<std::vector<store::AccountId>> accounts_of(const Caller& caller) {
  if (!caller.accounts) return std::nullopt;
  std::vector<store::AccountId> ids;
  for (const CallerAccount& account : *caller.accounts) ids.push_back(account.id);
  return ids;
}

// One of another's account is not there, in the same words.
tl::expected<store::OutboxItem, Problem> find_visible_item(Services& services, const Caller& caller,
                                                           const std::string& text) {
  MAILKEEP_TRY(id, id_from(text));
  auto item = store::Outbox(services.archive).find(store::OutboxId{id});
  const bool is_hidden =
      item ? !caller.may_see(item->account) : item.error().kind == common::ErrorKind::NotFound;
  if (is_hidden) return refuse("not-found", "there is no item {} in the outbox", id);
  if (!item) return tl::unexpected<Problem>(item.error());
  return *std::move(item);
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::OutboxRead));
  MAILKEEP_TRY(limit, limit_of(request));
  store::OutboxFilter filter;
  const std::string state = query_value(request, "state").value_or("");
  filter.state = store::send_state(state);
  if (!state.empty() && !filter.state)
    return refuse("bad-parameter", "state is queued, sending, sent, failed, unknown or cancelled");
  filter.accounts = accounts_of(caller);
  store::Outbox outbox(services.archive);
  MAILKEEP_TRY(total, outbox.count(filter));
  const std::string purpose = fmt::format("outbox\n{}\n{}", state, caller.user);
  MAILKEEP_TRY(before, position_in_cursor(services, request, purpose));
  if (before) filter.before = store::OutboxId{*before};
  filter.limit = limit + 1;
  MAILKEEP_TRY(found, outbox.list(filter));
  std::optional<std::string> next;
  if (found.size() > limit) {
    found.pop_back();
    next = services.cursors.encode(purpose, {id_text(store::number(found.back().id))});
  }
  MAILKEEP_CHECKED(services.access.record(
      caller, request,
      {.action = "outbox-list", .detail = state, .count = found.size(), .total = total}));
  return json_response(
      list_json(found, total, next, [&caller = caller](JsonWriter& json, const auto& item) {
        put_outbox_item(json, item, caller);
      }));
}

Answer show(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::OutboxRead));
  MAILKEEP_TRY(item, find_visible_item(services, caller, request.parameters[0]));
  MAILKEEP_CHECKED(services.access.record(
      caller, request, {.action = "outbox-view", .object = id_text(store::number(item.id))}));
  return outbox_response(item, caller, 200);
}

Answer cancel(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::RepliesSend));
  MAILKEEP_TRY(item, find_visible_item(services, caller, request.parameters[0]));
  store::Outbox outbox(services.archive);
  MAILKEEP_CHECKED(outbox.cancel(item.id, caller.user));
  MAILKEEP_CHECKED(services.access.record(
      caller, request, {.action = "outbox-cancel", .object = id_text(store::number(item.id))}));
  MAILKEEP_TRY(cancelled, outbox.find(item.id));
  return outbox_response(cancelled, caller, 200);
}

Answer resend(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::RepliesSend));
  MAILKEEP_TRY(item, find_visible_item(services, caller, request.parameters[0]));
  store::Outbox outbox(services.archive);
  MAILKEEP_CHECKED(outbox.resend(item.id, caller.user));
  if (services.wake_delivery) services.wake_delivery();
  MAILKEEP_CHECKED(services.access.record(
      caller, request, {.action = "outbox-resend", .object = id_text(store::number(item.id))}));
  MAILKEEP_TRY(queued, outbox.find(item.id));
  Response response = outbox_response(queued, caller, 202);
  set_header(response, "Location", outbox_location(item.id));
  return response;
}

}  // namespace

void add_outbox_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/outbox", list);
  add_route(router, services, Method::Get, "/api/v1/outbox/{item}", show);
  add_route(router, services, Method::Delete, "/api/v1/outbox/{item}", cancel);
  add_route(router, services, Method::Post, "/api/v1/outbox/{item}/resend", resend);
}

}  // namespace mailkeep::api
