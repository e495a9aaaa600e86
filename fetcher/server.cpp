// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/server.h"

#include <utility>

#include "common/encoding.h"

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

bool reveals_password(std::string_view text, const net::Credentials& credentials) {
  const std::string_view password = credentials.password.reveal();
  if (password.empty()) return false;
  const net::Secret encoded(common::to_base64(password));
  const auto plain = net::sasl_plain(credentials);
  return text.find(password) != text.npos || text.find(encoded.reveal()) != text.npos ||
         (plain && text.find(plain->reveal()) != text.npos);
}

}  // namespace mailkeep::fetcher
