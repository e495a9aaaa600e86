// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Server: where an account's mail is, how to get there and as whom. The same for IMAP and POP3.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/result.h"
#include "net/sasl.h"
#include "net/stream.h"
#include "store/accounts.h"

namespace mailkeep::fetcher {

struct Server {
  net::Endpoint endpoint;
  store::TlsMode tls = store::TlsMode::Implicit;
  std::string ca_file;
  net::Credentials credentials;
  net::Patience patience;
};

// Told of each step that succeeded, in order: "connect", "tls", "login", "list".
using StepObserver = std::function<void(std::string_view step, std::string_view detail)>;

// Connected, and under TLS if it is implicit. The stream's waits together end with patience.login
// until limit_until() is set anew.
common::Result<std::unique_ptr<net::ByteStream>> connect(const Server& server,
                                                         const StepObserver& on_step,
                                                         std::stop_token stop);

}  // namespace mailkeep::fetcher
