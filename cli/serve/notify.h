// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What systemd is told (sd_notify(3)); nothing happens outside of it. Any thread may call.

#include <string_view>

namespace mailkeep::cli {

// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...".
void notify_systemd(std::string_view state);

}  // namespace mailkeep::cli
