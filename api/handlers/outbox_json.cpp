// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/handlers/outbox_json.h"

#include "api/handlers/common_json.h"

namespace mailkeep::api {
namespace {

// To the outside, what was put off or is to be sent again is queued.
std::string_view shown_state(store::DeliveryState state) {
  const bool waits =
      state == store::DeliveryState::Deferred || state == store::DeliveryState::Resend;
  return waits ? store::name_of(store::SendState::Queued) : store::name_of(state);
}

std::string shown_detail(const std::string& detail, bool reads_mail) {
  return reads_mail || detail.find('@') == std::string::npos ? detail
                                                             : "(not shown: it names an address)";
}

void put_delivery(JsonWriter& json, const store::Delivery& delivery, bool reads_mail) {
  json.begin_object()
      .field("attempt", delivery.attempt)
      .field("state", shown_state(delivery.state))
      .field("server", delivery.server)
      .key("answers")
      .begin_array();
  for (const store::RecipientAnswer& answer : delivery.answers) {
    if (!reads_mail) break;
    json.begin_object()
        .field("recipient", answer.recipient)
        .field("accepted", answer.is_accepted)
        .field("code", answer.code)
        .field("text", answer.text)
        .end_object();
  }
  json.end_array().field("detail", shown_detail(delivery.detail, reads_mail));
  put_time(json, "time", delivery.time);
  json.field("position", store::number(delivery.position)).end_object();
}

}  // namespace

void put_outbox_item(JsonWriter& json, const store::OutboxItem& item, const Caller& caller) {
  const bool reads_mail = caller.has(Scope::MessagesRead);
  const auto if_read = [&](std::string text) {
    return reads_mail ? std::optional<std::string>(std::move(text)) : std::nullopt;
  };
  json.begin_object()
      .field("id", id_text(store::number(item.id)))
      .field("state", store::name_of(item.state))
      .key("account");
  put_account(json, item.account, {{item.account, item.account_name}});
  json.field("original", if_read(item.original.hex()))
      .field("message", if_read(item.content.hex()))
      .key("recipients");
  reads_mail ? static_cast<void>(json.value(item.recipients)) : static_cast<void>(json.null());
  json.field("attempts", item.attempts);
  const bool waits = item.state == store::SendState::Queued;
  put_time(json, "next_attempt", waits ? std::optional(item.next_attempt) : std::nullopt);
  json.field("detail", shown_detail(item.detail, reads_mail));
  put_time(json, "created", item.submitted);
  put_time(json, "changed", item.changed);
  json.field("actor", item.actor).key("deliveries").begin_array();
  for (const store::Delivery& one : item.deliveries) put_delivery(json, one, reads_mail);
  json.end_array().end_object();
}

Response outbox_response(const store::OutboxItem& item, const Caller& caller, int status) {
  JsonWriter json;
  put_outbox_item(json, item, caller);
  return json_response(json.take(), status);
}

std::string outbox_location(store::OutboxId id) {
  return "/api/v1/outbox/" + id_text(store::number(id));
}

}  // namespace mailkeep::api
