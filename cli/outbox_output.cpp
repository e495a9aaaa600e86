// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/outbox_output.h"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <string>

#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/clock.h"
#include "common/printable.h"

namespace mailkeep::cli {
namespace {

Poco::JSON::Array strings(const std::vector<std::string>& list) {
  Poco::JSON::Array array;
  for (const std::string& text : list) array.add(text);
  return array;
}

Poco::JSON::Object delivery_json(const store::Delivery& delivery) {
  Poco::JSON::Object object = json_object();
  object.set("attempt", delivery.attempt);
  object.set("state", std::string(store::name_of(delivery.state)));
  object.set("time", common::rfc3339(delivery.time));
  object.set("server", delivery.server);
  object.set("greeting", delivery.greeting);
  object.set("detail", delivery.detail);
  Poco::JSON::Array recipients;
  for (const store::RecipientAnswer& answer : delivery.answers) {
    Poco::JSON::Object one = json_object();
    one.set("recipient", answer.recipient);
    one.set("accepted", answer.is_accepted);
    one.set("code", answer.code);
    one.set("text", answer.text);
    recipients.add(one);
  }
  object.set("recipients", recipients);
  return object;
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text += (text.empty() ? "" : ", ") + one;
  return common::printable(text);
}

common::Status print_delivery(const store::Delivery& delivery) {
  MAILKEEP_CHECKED(print("  {} attempt {}: {}{}{}\n", common::rfc3339(delivery.time),
                         delivery.attempt, store::name_of(delivery.state),
                         delivery.detail.empty() ? "" : ": ", common::printable(delivery.detail)));
  if (!delivery.server.empty())
    MAILKEEP_CHECKED(print("    server {}\n", common::printable(delivery.server)));
  for (const store::RecipientAnswer& answer : delivery.answers) {
    const char* const word = answer.is_accepted ? "accepted" : "not accepted";
    MAILKEEP_CHECKED(print("    {} {}", common::printable(answer.recipient), word));
    if (answer.code != 0)
      MAILKEEP_CHECKED(print(": {} {}", answer.code, common::printable(answer.text)));
    MAILKEEP_CHECKED(print("\n"));
  }
  return {};
}

}  // namespace

Poco::JSON::Object outbox_json(const store::OutboxItem& item) {
  Poco::JSON::Object object = json_object();
  object.set("outbox", store::number(item.id));
  object.set("state", std::string(store::name_of(item.state)));
  object.set("account", item.account_name);
  object.set("original", item.original.hex());
  object.set("id", item.content.hex());
  object.set("size", item.size);
  object.set("from", item.envelope_from);
  object.set("recipients", strings(item.recipients));
  object.set("actor", item.actor);
  object.set("submitted", common::rfc3339(item.submitted));
  object.set("attempts", item.attempts);
  object.set("detail", item.detail);
  const bool waits = item.state == store::SendState::Queued;
  object.set("next_attempt",
             waits ? Poco::Dynamic::Var(common::rfc3339(item.next_attempt)) : Poco::Dynamic::Var());
  Poco::JSON::Array deliveries;
  for (const store::Delivery& one : item.deliveries) deliveries.add(delivery_json(one));
  object.set("deliveries", deliveries);
  return object;
}

Poco::JSON::Object sent_json(const store::OutboxItem& item) {
  Poco::JSON::Object object = json_object();
  object.set("outbox", store::number(item.id));
  object.set("account", item.account_name);
  object.set("state", std::string(store::name_of(item.state)));
  object.set("recipients", strings(item.recipients));
  object.set("time", common::rfc3339(item.submitted));
  return object;
}

common::Status print_outbox_line(const store::OutboxItem& item) {
  return print("{:>6} {:<9} {} {} to {}{}{}\n", store::number(item.id), store::name_of(item.state),
               common::rfc3339(item.submitted), common::printable(item.account_name),
               joined(item.recipients), item.detail.empty() ? "" : ": ",
               common::printable(item.detail));
}

common::Status print_outbox_item(const store::OutboxItem& item) {
  MAILKEEP_CHECKED(print_outbox_line(item));
  MAILKEEP_CHECKED(
      print("  message {}, in answer to {}\n", item.content.hex(), item.original.hex()));
  MAILKEEP_CHECKED(print("  from {}, written by {}\n", common::printable(item.envelope_from),
                         common::printable(item.actor)));
  for (const store::Delivery& delivery : item.deliveries)
    MAILKEEP_CHECKED(print_delivery(delivery));
  if (item.state != store::SendState::Queued) return {};
  return print("  next attempt not before {}\n", common::rfc3339(item.next_attempt));
}

int exit_code_of(const store::OutboxItem& item) {
  switch (item.state) {
    case store::SendState::Queued:
    case store::SendState::Sending:
    case store::SendState::Unknown:
      return kTryLater;
    case store::SendState::Failed:
    case store::SendState::Cancelled:
      return kIncomplete;
    case store::SendState::Sent:
      break;
  }
  const auto& answers = item.deliveries.back().answers;
  const bool is_whole = std::all_of(answers.begin(), answers.end(),
                                    [](const auto& answer) { return answer.is_accepted; });
  return is_whole ? kDone : kIncomplete;
}

}  // namespace mailkeep::cli
