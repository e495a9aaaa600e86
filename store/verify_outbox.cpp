// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <map>
#include <string>

#include "store/outbox_rows.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

// What submissions and deliveries say of one item.
struct Told {
  std::int64_t account = 0;
  std::string last;  // state of the last delivery; empty before the first
  std::int64_t attempt = 0;
  bool is_met = false;
};

using ToldItems = std::map<std::int64_t, Told>;

Result<ToldItems> read_told(Connection& connection) {
  ToldItems items;
  MAILKEEP_CHECKED(
      connection.query("SELECT outbox_id, account_id FROM submissions", {}, [&](const Row& row) {
        items[row.integer(0)].account = row.integer(1);
        return Status();
      }));
  MAILKEEP_CHECKED(
      connection.query("SELECT outbox_id, attempt, state FROM deliveries ORDER BY position", {},
                       [&](const Row& row) {
                         const auto item = items.find(row.integer(0));
                         if (item == items.end()) return Status();  // its submission is missing
                         item->second.attempt = row.integer(1);
                         item->second.last = row.text(2);
                         return Status();
                       }));
  return items;
}

std::string fault_of(const Row& row, const Told& told) {
  if (row.integer(1) != told.account) return "It stands for another account.";
  const auto last = delivery_state(told.last);
  const SendState settled = last ? state_after(*last) : SendState::Queued;
  const auto state = send_state(row.text(2));
  const bool is_sending = state == SendState::Sending && settled == SendState::Queued;
  if (!is_sending && state != settled)
    return fmt::format("Its deliveries say that it is {}.", name_of(settled));
  if (row.integer(3) != told.attempt + (is_sending ? 1 : 0))
    return fmt::format("Its deliveries tell of {} attempts.", told.attempt);
  return {};
}

}  // namespace

// The states that the outbox shows must be those that the facts give; Sending alone is no fact.
Status verify_outbox(Verification& run) {
  MAILKEEP_TRY(told, read_told(run.connection));
  MAILKEEP_CHECKED(run.connection.query(
      "SELECT id, account_id, state, attempts FROM outbox ORDER BY id", {}, [&](const Row& row) {
        const std::string id = std::to_string(row.integer(0));
        const auto item = told.find(row.integer(0));
        if (item == told.end()) {
          run.faults.add("outbox-unlogged", id,
                         "There is an item in the outbox that nobody wrote.");
          return Status();
        }
        item->second.is_met = true;
        const std::string fault = fault_of(row, item->second);
        if (!fault.empty()) run.faults.add("outbox-altered", id, fault);
        return Status();
      }));
  for (const auto& [id, item] : told) {
    if (!item.is_met)
      run.faults.add("outbox-missing", std::to_string(id),
                     "A message was written here and is not in the outbox.");
  }
  return {};
}

}  // namespace mailkeep::store
