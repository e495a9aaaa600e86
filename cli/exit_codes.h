// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Exit codes after sysexits(3), so that cron, systemd and scripts can tell what to do next.

#include <span>

#include "common/error.h"

namespace mailkeep::cli {

inline constexpr int kDone = 0;
inline constexpr int kIncomplete =
    1;  // done, but something is listed as failed, or a fault was found
inline constexpr int kUsage = 64;
inline constexpr int kUnavailable = 69;  // a server or the database cannot be reached or trusted
inline constexpr int kTryLater = 75;     // locked, throttled, full disk, stopped
inline constexpr int kLoginRefused = 77;
inline constexpr int kConfiguration = 78;

int exit_code(common::ErrorKind kind);

// Of several accounts: kDone if none failed, the common code if all failed alike, else kIncomplete.
int exit_code_of_all(std::span<const int> codes);

}  // namespace mailkeep::cli
