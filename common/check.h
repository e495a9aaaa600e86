// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// CHECK: a mistake of our own ends the process with a clear line. Never used for input from disk,
// network or another process.

namespace mailkeep::common {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace mailkeep::common

#define MAILKEEP_CHECK(condition)     \
  ((condition) ? static_cast<void>(0) \
               : ::mailkeep::common::check_failed(#condition, __FILE__, __LINE__))
