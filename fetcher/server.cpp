// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/server.h"

#include <utility>

namespace mailkeep::fetcher {

common::Result<std::unique_ptr<net::ByteStream>> connect(const Server& server,
                                                         const StepObserver& on_step,
                                                         std::stop_token stop) {
  MAILKEEP_TRY(stream, net::ByteStream::connect(server.endpoint, server.patience, std::move(stop)));
  if (on_step) on_step("connect", fmt::format("{}:{}", server.endpoint.host, server.endpoint.port));
  if (server.tls == store::TlsMode::Implicit) {
    MAILKEEP_CHECKED(stream->start_tls(server.ca_file));
    if (on_step) on_step("tls", stream->description());
  }
  stream->limit_until(common::Deadline::in(server.patience.login));
  return std::move(stream);
}

}  // namespace mailkeep::fetcher
