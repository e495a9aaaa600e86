// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Delivery: takes what is due out of the outbox and hands it to the account's SMTP server.
//
// Order, exactly: connect to RCPT while the item is queued and the account's lease is held; durable
// Sending; DATA and the bytes; the answer durable; QUIT. Whoever dies or is cut off after Sending
// leaves an item that becomes Unknown and is never sent again by itself. Before that, and when the
// server says so with 4xx, it is tried again after 1, 5, 15, 60 minutes, then every 2 hours, for
// four days. What exceeds the account's sending budget waits, and its detail says until when.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "api/reply/smtp_patience.h"
#include "common/deadline.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"
#include "store/outbox.h"

namespace mailkeep::reply {

class Delivery {
 public:
  // The archive must outlive it. Threads: run() on one thread; the others from any.
  explicit Delivery(store::Archive& archive, const SmtpPatience& patience = {});
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Delivers until a stop is asked for: at once after notify(), and looks once a second, because
  // other processes queue too. Several accounts at a time, one message at a time for each. After a
  // stop, an attempt whose bytes are on their way is waited for as long as `grace`. Trouble with
  // the store is logged and waited out.
  // on_look: told what each look for work came to, as a sign of life.
  common::Status run(std::stop_token stop,
                     std::chrono::milliseconds grace = std::chrono::seconds(20),
                     const std::function<void(const common::Status&)>& on_look = {});
  void notify();

  // One item, now: for the command line. Returns it as it stands then: sent, failed, unknown, or
  // still queued because the lease is held elsewhere until the deadline, a budget is used up, or
  // the server asked for patience (its detail says which). Errors only if the store fails.
  common::Result<store::OutboxItem> deliver_now(store::OutboxId id, common::Deadline deadline,
                                                std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// When an item that was deferred this many times in a row is tried again; nothing: give up.
// `waiting` is the time since it was queued or a person asked for it anew.
std::optional<std::chrono::seconds> retry_after(std::uint32_t deferred,
                                                std::chrono::seconds waiting);

}  // namespace mailkeep::reply
