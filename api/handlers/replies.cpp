// SPDX-License-Identifier: GPL-3.0-or-later
// POST /messages/{id}/replies and /messages/{id}/replies/preview. Nothing is sent from here: what
// is queued, the scheduler's process delivers.

#include "api/fields.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/outbox_json.h"
#include "api/reply/queue.h"
#include "store/journal.h"

namespace mailkeep::api {
namespace {

constexpr std::size_t kMaxKey = 200;
constexpr std::chrono::seconds kPatience{20};

// A reply goes out through one of the caller's own accounts.
Permission check_account(const Caller& caller, const std::string& wanted) {
  if (wanted.empty() || !caller.accounts) return {};
  for (const CallerAccount& account : *caller.accounts)
    if (account.name == wanted) return {};
  return tl::unexpected<Problem>(wrong_field("account", "there is no account of this name"));
}

tl::expected<reply::ReplyOrder, Problem> read_order(Services& services, const Caller& caller,
                                                    const Request& request, bool needs_text) {
  const auto digest = common::Digest::from_hex(request.parameters[0]);
  std::vector<store::Sighting> visible;
  if (digest) {
    MAILKEEP_TRY(sightings, store::Journal(services.archive).sightings_of(*digest));
    for (store::Sighting& one : sightings)
      if (caller.may_see(one.account)) visible.push_back(std::move(one));
  }
  if (visible.empty())
    return refuse("not-found", "there is no message with this id, or not one that you may see");
  MAILKEEP_TRY(body, parse_body(request));
  Fields fields(body);
  reply::ReplyOrder order;
  order.original = *digest;
  order.request.text = needs_text
                           ? fields.required_string("text", reply::kMaxTextBytes)
                           : fields.optional_string("text", reply::kMaxTextBytes).value_or("");
  order.request.all = fields.optional_bool("all").value_or(false);
  order.request.quote = fields.optional_bool("quote").value_or(true);
  order.account = fields.optional_string("account").value_or("");
  MAILKEEP_CHECKED(fields.finish());
  MAILKEEP_CHECKED(check_account(caller, order.account));
  order.default_account = visible.back().account_name;
  order.actor = caller.user;
  order.owner = "user:" + id_text(store::number(caller.user_id));
  return order;
}

// What the composer refuses is the caller's to mend, not a mistake of ours.
Problem refusal(const common::Error& error) {
  switch (error.kind) {
    case common::ErrorKind::Usage:
      return wrong_field("text", error.text);
    case common::ErrorKind::Config:
    case common::ErrorKind::Malformed:
      return make_problem("conflict", error.text);
    case common::ErrorKind::Conflict:
      return make_problem("idempotency-conflict", error.text);
    default:
      return error;
  }
}

Answer send(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::RepliesSend));
  const std::string* const key = request.headers.find("Idempotency-Key");
  if (key == nullptr || key->empty())
    return refuse("idempotency-key-required",
                  "send an Idempotency-Key, so that the reply is never sent twice");
  if (key->size() > kMaxKey)
    return refuse("bad-request", "an Idempotency-Key has at most {} bytes", kMaxKey);
  MAILKEEP_TRY(order, read_order(services, caller, request, true));
  order.idempotency_key = *key;
  MAILKEEP_TRY(pool, services.parsers.take(common::Deadline::in(kPatience)));
  auto submitted = reply::queue_reply(services.archive, *pool, order);
  if (!submitted) return tl::unexpected<Problem>(refusal(submitted.error()));
  if (services.wake_delivery) services.wake_delivery();
  const store::OutboxItem& item = submitted->item;
  MAILKEEP_CHECKED(services.access.record(caller, request,
                                          {.action = "reply",
                                           .object = order.original.hex(),
                                           .detail = outbox_location(item.id),
                                           .count = item.recipients.size(),
                                           .result = item.content.hex()}));
  Response response = outbox_response(item, caller, 202);
  set_header(response, "Location", outbox_location(item.id));
  return response;
}

std::string shown(const message::Address& address) {
  return address.name.empty() ? address.address
                              : fmt::format("{} <{}>", address.name, address.address);
}

std::vector<std::string> shown(const std::vector<message::Address>& list) {
  std::vector<std::string> all;
  all.reserve(list.size());
  for (const message::Address& one : list) all.push_back(shown(one));
  return all;
}

// It quotes the message, so it is a view of it.
Answer preview(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::RepliesSend));
  MAILKEEP_CHECKED(require_scope(caller, Scope::MessagesRead));
  MAILKEEP_TRY(order, read_order(services, caller, request, false));
  MAILKEEP_TRY(pool, services.parsers.take(common::Deadline::in(kPatience)));
  auto made = reply::preview_reply(services.archive, *pool, order);
  if (!made) return tl::unexpected<Problem>(refusal(made.error()));
  MAILKEEP_CHECKED(services.access.record(
      caller, request, {.action = "reply-preview", .object = order.original.hex()}));
  const reply::Composed& composed = made->composed;
  JsonWriter json;
  json.begin_object()
      .field("account", made->account.settings.name)
      .field("from", shown(composed.from))
      .field("to", shown(composed.to))
      .field("cc", shown(composed.cc))
      .field("subject", composed.subject)
      .field("quoted", composed.quoted)
      .field("envelope_from", composed.envelope_from)
      .field("recipients", composed.recipients)
      .end_object();
  return json_response(json.take());
}

}  // namespace

void add_reply_routes(Router& router, Services& services) {
  add_route(router, services, Method::Post, "/api/v1/messages/{message}/replies", send);
  add_route(router, services, Method::Post, "/api/v1/messages/{message}/replies/preview", preview);
}

}  // namespace mailkeep::api
