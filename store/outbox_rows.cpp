// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/outbox_rows.h"

#include <array>
#include <utility>

#include "common/check.h"
#include "common/encoding.h"
#include "common/printable.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

constexpr std::array<std::pair<SendState, std::string_view>, 6> kStates = {{
    {SendState::Queued, "queued"},
    {SendState::Sending, "sending"},
    {SendState::Sent, "sent"},
    {SendState::Failed, "failed"},
    {SendState::Unknown, "unknown"},
    {SendState::Cancelled, "cancelled"},
}};
constexpr std::array<std::pair<DeliveryState, std::string_view>, 6> kDeliveryStates = {{
    {DeliveryState::Deferred, "deferred"},
    {DeliveryState::Sent, "sent"},
    {DeliveryState::Failed, "failed"},
    {DeliveryState::Unknown, "unknown"},
    {DeliveryState::Cancelled, "cancelled"},
    {DeliveryState::Resend, "resend"},
}};

template <class Enum, std::size_t N>
std::string_view word_for(const std::array<std::pair<Enum, std::string_view>, N>& words,
                          Enum value) {
  for (const auto& [known, word] : words)
    if (known == value) return word;
  MAILKEEP_CHECK(false);
  return {};
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::pair<Enum, std::string_view>, N>& words,
                             std::string_view given) {
  for (const auto& [value, word] : words)
    if (word == given) return value;
  return std::nullopt;
}

tl::unexpected<common::Error> damaged(std::int64_t id) {
  return fail(ErrorKind::Corrupt,
              "item {} of the outbox is damaged in the store: run `mailkeep verify`", id);
}

constexpr std::string_view kSelect =
    "SELECT o.id, o.account_id, a.name, o.state, o.attempts, o.next_attempt, o.detail, o.changed, "
    "s.original, s.digest, s.size, s.envelope_from, s.recipients, s.actor, o.owner, s.position, "
    "s.time FROM outbox o JOIN submissions s ON s.outbox_id = o.id "
    "JOIN accounts a ON a.id = o.account_id ";

Result<OutboxItem> read_item(const Row& row) {
  const auto state = send_state(row.text(3));
  const auto original = common::Digest::from_bytes(row.bytes(8));
  const auto content = common::Digest::from_bytes(row.bytes(9));
  auto recipients = decode_recipients(row.bytes(12));
  if (!state || !original || !content || !recipients) return damaged(row.integer(0));
  OutboxItem item;
  item.id = OutboxId{row.integer(0)};
  item.account = AccountId{row.integer(1)};
  item.account_name = row.text(2);
  item.state = *state;
  item.attempts = static_cast<std::uint32_t>(row.integer(4));
  item.next_attempt = row.integer(5);
  item.detail = row.text(6);
  item.changed = row.integer(7);
  item.original = *original;
  item.content = *content;
  item.size = static_cast<std::uint64_t>(row.integer(10));
  item.envelope_from = row.text(11);
  item.recipients = *std::move(recipients);
  item.actor = row.text(13);
  item.owner = row.text(14);
  item.position = LogPosition{row.integer(15)};
  item.submitted = row.integer(16);
  return item;
}

}  // namespace

std::string_view name_of(SendState state) { return word_for(kStates, state); }
std::string_view name_of(DeliveryState state) { return word_for(kDeliveryStates, state); }
std::optional<SendState> send_state(std::string_view word) { return value_of(kStates, word); }
std::optional<DeliveryState> delivery_state(std::string_view word) {
  return value_of(kDeliveryStates, word);
}

SendState state_after(DeliveryState state) {
  switch (state) {
    case DeliveryState::Sent:
      return SendState::Sent;
    case DeliveryState::Failed:
      return SendState::Failed;
    case DeliveryState::Unknown:
      return SendState::Unknown;
    case DeliveryState::Cancelled:
      return SendState::Cancelled;
    case DeliveryState::Deferred:
    case DeliveryState::Resend:
      break;
  }
  return SendState::Queued;
}

std::string encode_recipients(const std::vector<std::string>& recipients) {
  return encode_uidls(recipients);
}

std::optional<std::vector<std::string>> decode_recipients(std::string_view bytes) {
  return decode_uidls(bytes);
}

std::string encode_answers(const Delivery& delivery) {
  std::string out;
  common::put_field(out, delivery.greeting);
  common::put_field(out, delivery.detail);
  for (const RecipientAnswer& answer : delivery.answers) {
    common::put_field(out, answer.recipient);
    common::put_u8(out, answer.is_accepted ? 1 : 0);
    common::put_u32(out, answer.code);
    common::put_field(out, answer.text);
  }
  return out;
}

bool decode_answers(std::string_view bytes, Delivery& delivery) {
  common::FieldReader reader(bytes);
  delivery.greeting = reader.field();
  delivery.detail = reader.field();
  while (reader.ok() && !reader.at_end()) {
    RecipientAnswer answer;
    answer.recipient = reader.field();
    answer.is_accepted = reader.u8() != 0;
    answer.code = reader.u32();
    answer.text = reader.field();
    delivery.answers.push_back(std::move(answer));
  }
  return reader.ok();
}

Result<std::vector<OutboxItem>> select_items(Connection& connection, std::string_view rest,
                                             std::span<const Value> parameters) {
  std::vector<OutboxItem> items;
  MAILKEEP_CHECKED(connection.query(std::string(kSelect).append(rest), parameters,
                                    [&items](const Row& row) -> Status {
                                      MAILKEEP_TRY(item, read_item(row));
                                      items.push_back(std::move(item));
                                      return {};
                                    }));
  return items;
}

Result<OutboxItem> get_item(Connection& connection, OutboxId id) {
  const std::array<Value, 1> key = {number(id)};
  MAILKEEP_TRY(items, select_items(connection, "WHERE o.id = $1", key));
  if (items.empty())
    return fail(ErrorKind::NotFound,
                "there is no item {} in the outbox: `mailkeep outbox list` shows all", number(id));
  return std::move(items.front());
}

Result<std::vector<Delivery>> select_deliveries(Connection& connection, OutboxId id) {
  std::vector<Delivery> deliveries;
  MAILKEEP_CHECKED(
      connection.query("SELECT position, attempt, state, server, answers, time FROM deliveries "
                       "WHERE outbox_id = $1 ORDER BY position",
                       {number(id)}, [&](const Row& row) -> Status {
                         const auto state = delivery_state(row.text(2));
                         Delivery delivery;
                         if (!state || !decode_answers(row.bytes(4), delivery))
                           return damaged(number(id));
                         delivery.position = LogPosition{row.integer(0)};
                         delivery.attempt = static_cast<std::uint32_t>(row.integer(1));
                         delivery.state = *state;
                         delivery.server = row.text(3);
                         delivery.time = row.integer(5);
                         deliveries.push_back(std::move(delivery));
                         return {};
                       }));
  return deliveries;
}

Result<std::optional<OutboxItem>> select_by_key(Connection& connection, std::string_view owner,
                                                std::string_view key,
                                                const common::Digest& request_hash) {
  std::optional<OutboxId> id;
  bool is_same = false;
  MAILKEEP_CHECKED(connection.query(
      "SELECT id, request_hash FROM outbox WHERE owner = $1 AND idempotency_key = $2",
      {std::string(owner), std::string(key)}, [&](const Row& row) {
        id = OutboxId{row.integer(0)};
        is_same = row.bytes(1) == request_hash.view();
        return Status();
      }));
  if (!id) return std::nullopt;
  if (!is_same)
    return fail(ErrorKind::Conflict,
                "the key {} was used before for another request: choose a new one",
                common::printable(key));
  MAILKEEP_TRY(item, get_item(connection, *id));
  MAILKEEP_TRY(deliveries, select_deliveries(connection, *id));
  item.deliveries = std::move(deliveries);
  return std::move(item);
}

Status record_delivery(Connection& connection, LogAppender& log, const OutboxItem& item,
                       const Delivery& delivery, common::Micros next_attempt) {
  const std::string answers = encode_answers(delivery);
  const DeliveryFact fact{item.id,         delivery.attempt, name_of(delivery.state),
                          delivery.server, answers,          delivery.time};
  MAILKEEP_TRY(position,
               log.append(EntryKind::Delivery, delivery.time, std::nullopt, encode(fact)));
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO deliveries (position, outbox_id, attempt, state, server, answers, time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {number(position), number(item.id), std::int64_t{delivery.attempt},
       std::string(name_of(delivery.state)), delivery.server, Blob{answers}, delivery.time}));
  MAILKEEP_TRY(changed, connection.execute(
                            "UPDATE outbox SET state = $1, attempts = $2, next_attempt = $3, "
                            "detail = $4, changed = $5 WHERE id = $6 AND state = $7",
                            {std::string(name_of(state_after(delivery.state))),
                             std::int64_t{delivery.attempt}, next_attempt, delivery.detail,
                             delivery.time, number(item.id), std::string(name_of(item.state))}));
  if (changed == 1) return {};
  return fail(ErrorKind::Conflict, "item {} of the outbox changed meanwhile: look at it again",
              number(item.id));
}

}  // namespace mailkeep::store
