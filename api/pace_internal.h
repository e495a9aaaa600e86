// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Pace: whether the other side moves at least so many bytes in each window of time.

#include <chrono>
#include <cstdint>

#include "common/deadline.h"

namespace mailkeep::api {

class Pace {
 public:
  Pace(std::chrono::milliseconds window, std::uint64_t bytes_per_second)
      : window_(window),
        wanted_(bytes_per_second * static_cast<std::uint64_t>(window.count()) / 1000),
        end_(common::Deadline::in(window)) {}

  common::Deadline until() const { return end_; }

  // `total`: the bytes moved since the beginning. Looks at each window when it has ended.
  bool is_too_slow(std::uint64_t total) {
    if (!end_.has_passed()) return false;
    const bool is_slow = total < seen_ + wanted_;
    seen_ = total;
    end_ = common::Deadline::in(window_);
    return is_slow;
  }

 private:
  std::chrono::milliseconds window_;
  std::uint64_t wanted_;
  common::Deadline end_;
  std::uint64_t seen_ = 0;
};

}  // namespace mailkeep::api
