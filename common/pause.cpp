// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/pause.h"

#include <condition_variable>
#include <mutex>

namespace mailkeep::common {

void pause(std::chrono::milliseconds span, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
}

}  // namespace mailkeep::common
