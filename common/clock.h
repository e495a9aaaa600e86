// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Clock: wall time as a parameter, so that a test can stop it, turn it back or jump ten years.

#include <cstdint>
#include <string>

namespace mailkeep::common {

// Microseconds since 1970-01-01T00:00:00Z.
using Micros = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  // Any thread may call.
  virtual Micros now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Micros now() const override;
};

// "2026-11-23T12:00:00Z" (RFC 3339, whole seconds).
std::string rfc3339(Micros time);

}  // namespace mailkeep::common
