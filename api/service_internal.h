// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Service: what all connections of one server share. Any thread.

#include <atomic>
#include <cstdint>
#include <stop_token>

#include "api/host_check_internal.h"
#include "api/server.h"

namespace mailkeep::api {

// So many at one time, and no more.
class Budget {
 public:
  explicit Budget(std::uint64_t limit) : limit_(limit) {}

  bool take(std::uint64_t amount) {
    if (used_.fetch_add(amount) + amount <= limit_) return true;
    used_.fetch_sub(amount);
    return false;
  }
  void give_back(std::uint64_t amount) { used_.fetch_sub(amount); }

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

struct Service {
  Service(ServerOptions given, Application application, std::uint16_t port)
      : options(std::move(given)),
        app(std::move(application)),
        hosts(options.address, port, options.allowed_hosts),
        body_memory(options.limits.body_memory),
        answer_memory(options.limits.answer_memory),
        // Who downloads slowly may not hold every thread.
        streams(std::max(1U, options.max_threads - options.max_threads / 4)) {}

  ServerOptions options;
  Application app;
  HostCheck hosts;
  Budget body_memory;    // bytes
  Budget answer_memory;  // bytes
  Budget streams;        // threads
  std::atomic<bool> is_stopping{false};
  std::stop_source stop;  // for handlers, once patience has ended
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
};

}  // namespace mailkeep::api
