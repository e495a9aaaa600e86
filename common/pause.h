// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// pause: waits for the span or for the stop, whichever is first. Any thread may call.

#include <chrono>
#include <stop_token>

namespace mailkeep::common {

void pause(std::chrono::milliseconds span, const std::stop_token& stop);

}  // namespace mailkeep::common
