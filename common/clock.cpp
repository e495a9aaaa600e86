// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <chrono>

namespace mailkeep::common {

Micros SystemClock::now() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string rfc3339(Micros time) {
  std::int64_t seconds = time / 1'000'000;
  if (time % 1'000'000 < 0) --seconds;
  const std::time_t whole = seconds;
  std::tm parts{};
  if (gmtime_r(&whole, &parts) == nullptr) return "0000-00-00T00:00:00Z";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace mailkeep::common
