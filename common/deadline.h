// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Deadline: a point in time that travels with a call, so that every wait has an end.

#include <algorithm>
#include <chrono>

namespace mailkeep::common {

class Deadline {
 public:
  using SteadyClock = std::chrono::steady_clock;

  static Deadline in(std::chrono::milliseconds span) { return Deadline(SteadyClock::now() + span); }

  bool has_passed() const { return SteadyClock::now() >= at_; }

  // Never negative: ready to hand to poll(2).
  std::chrono::milliseconds left() const {
    const auto span =
        std::chrono::duration_cast<std::chrono::milliseconds>(at_ - SteadyClock::now());
    return std::max(span, std::chrono::milliseconds(0));
  }

  friend Deadline earlier(Deadline a, Deadline b) { return a.at_ < b.at_ ? a : b; }

 private:
  explicit Deadline(SteadyClock::time_point at) : at_(at) {}
  SteadyClock::time_point at_;
};

}  // namespace mailkeep::common
