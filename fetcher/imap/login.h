// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// From nothing to an authenticated IMAP connection: greeting, TLS, capabilities, ID, login.
//
// No credential leaves before TLS is up, unless the account says so in words (TlsMode::None).

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "common/result.h"
#include "fetcher/imap/connection.h"
#include "fetcher/imap/limits.h"
#include "fetcher/server.h"

namespace mailkeep::fetcher::imap {

// Errors: Auth (refused), Throttled or Busy (not now), Tls, Network, Timeout, Protocol, Cancelled.
common::Result<std::unique_ptr<Connection>> log_in(const Server& server, const Limits& limits,
                                                   const StepObserver& on_step,
                                                   std::stop_token stop);

}  // namespace mailkeep::fetcher::imap
