// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rows of outbox, submissions and deliveries, read and written. Private to store/.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/log/appender.h"
#include "store/outbox.h"
#include "store/sql/database.h"

namespace mailkeep::store {

std::optional<DeliveryState> delivery_state(std::string_view word);
SendState state_after(DeliveryState state);

// field after field
std::string encode_recipients(const std::vector<std::string>& recipients);
std::optional<std::vector<std::string>> decode_recipients(std::string_view bytes);

// field(greeting) · field(detail), then for each recipient field(recipient) · u8 accepted ·
// u32 code · field(text)
std::string encode_answers(const Delivery& delivery);
bool decode_answers(std::string_view bytes, Delivery& delivery);

// Items without their deliveries. rest: "WHERE o.id = $1", ...
common::Result<std::vector<OutboxItem>> select_items(Connection& connection, std::string_view rest,
                                                     std::span<const Value> parameters);
common::Result<OutboxItem> get_item(Connection& connection, OutboxId id);  // NotFound
common::Result<std::vector<Delivery>> select_deliveries(Connection& connection, OutboxId id);

// Conflict if the key stands for another request; nothing if it stands for none.
common::Result<std::optional<OutboxItem>> select_by_key(Connection& connection,
                                                        std::string_view owner,
                                                        std::string_view key,
                                                        const common::Digest& request_hash);

// One delivery, its entry and the item's new state. The log's head must be locked, and `item` read
// under that lock.
common::Status record_delivery(Connection& connection, LogAppender& log, const OutboxItem& item,
                               const Delivery& delivery, common::Micros next_attempt);

}  // namespace mailkeep::store
