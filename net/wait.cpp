// SPDX-License-Identifier: GPL-3.0-or-later
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "common/check.h"
#include "net/wait_internal.h"

namespace mailkeep::net {

using common::ErrorKind;

Waiter::Waiter(std::stop_token stop)
    : stop_(std::move(stop)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      callback_(stop_, [this] {
        const std::uint64_t one = 1;
        // An eventfd that cannot take the one is readable already, which is all that is wanted.
        [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
      }) {}

Waiter::~Waiter() {
  if (wake_ >= 0) ::close(wake_);
}

common::Status Waiter::check_stop() const {
  if (stop_.stop_requested()) return common::fail(ErrorKind::Cancelled, "stopped on request");
  return {};
}

common::Result<bool> Waiter::wait(int socket, short events, common::Deadline deadline) {
  for (;;) {
    MAILKEEP_CHECKED(check_stop());
    std::array<pollfd, 2> fds{pollfd{socket, events, 0}, pollfd{wake_, POLLIN, 0}};
    // One more millisecond, because poll rounds down and would spin through the last one.
    const int timeout = static_cast<int>(deadline.left().count()) + 1;
    const int ready = ::poll(fds.data(), fds.size(), timeout);
    if (ready < 0 && errno != EINTR) {
      return common::fail(ErrorKind::Network, "cannot wait for the connection: {}",
                          std::generic_category().message(errno));
    }
    if (ready > 0 && fds[0].revents != 0) return true;
    if (deadline.has_passed()) return false;
  }
}

}  // namespace mailkeep::net
