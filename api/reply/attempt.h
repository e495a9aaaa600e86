// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// attempt: one try to hand one item of the outbox to its server. Private to api/reply.

#include <mutex>
#include <stop_token>

#include "api/reply/smtp_patience.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/lease.h"
#include "store/outbox.h"

namespace mailkeep::reply {

// A stop ends an attempt at once while nothing was handed over; afterwards only force() does,
// because the answer that is then not heard leaves the item Unknown.
class AttemptStop {
 public:
  void ask() {
    const std::lock_guard lock(mutex_);
    is_asked_ = true;
    if (!is_handing_over_) source_.request_stop();
  }
  void force() { source_.request_stop(); }
  std::stop_token token() const { return source_.get_token(); }
  bool is_asked() {
    const std::lock_guard lock(mutex_);
    return is_asked_;
  }

  // False if a stop was asked for: then nothing may be handed over.
  bool begin_handing_over() {
    const std::lock_guard lock(mutex_);
    if (is_asked_) return false;
    is_handing_over_ = true;
    return true;
  }
  void end_handing_over() {
    const std::lock_guard lock(mutex_);
    is_handing_over_ = false;
    if (is_asked_) source_.request_stop();
  }

 private:
  std::mutex mutex_;  // guards the two flags
  bool is_asked_ = false;
  bool is_handing_over_ = false;
  std::stop_source source_;
};

// The lease is that of the item's account. What became of the item stands in the outbox. Errors:
// those of the store; Cancelled after a stop, with the item as it was; Auth after a refused login,
// with the item failed: whoever has more for this account must not go on.
common::Status attempt(store::Archive& archive, store::Lease& lease, store::OutboxId id,
                       const SmtpPatience& patience, AttemptStop& stop);

}  // namespace mailkeep::reply
