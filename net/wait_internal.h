// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Waiter: waits for a socket, but not beyond a deadline nor beyond a request to stop.

#include <functional>
#include <stop_token>

#include "common/deadline.h"
#include "common/result.h"

namespace mailkeep::net {

class Waiter {
 public:
  explicit Waiter(std::stop_token stop);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // True when the socket is ready, false when the deadline has passed. Cancelled when stopped.
  common::Result<bool> wait(int socket, short events, common::Deadline deadline);

  common::Status check_stop() const;
  const std::stop_token& stop() const { return stop_; }

 private:
  std::stop_token stop_;
  int wake_;  // an eventfd that becomes readable when a stop is asked for
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace mailkeep::net
