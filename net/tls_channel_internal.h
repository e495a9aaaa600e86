// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// TLS over a non-blocking socket, the same for both ends of the line.

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "net/channel_internal.h"
#include "net/listener.h"

namespace mailkeep::net {

struct FreeTls {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeTls>;
using SslPtr = std::unique_ptr<SSL, FreeTls>;

class TlsChannel final : public Channel {
 public:
  TlsChannel(ContextPtr context, SslPtr ssl) : context_(std::move(context)), ssl_(std::move(ssl)) {}
  ~TlsChannel() override { end_output(); }

  common::Result<IoStep> read(char* data, std::size_t size) override;
  common::Result<IoStep> write(std::string_view bytes) override;
  void end_output() override;
  std::string description() const override;

 private:
  common::Result<IoStep> step(int result);

  ContextPtr context_;  // null where somebody else keeps it
  SslPtr ssl_;
  bool has_said_goodbye_ = false;
};

// What both ends want: TLS 1.2 or newer, no compression, no renegotiation. Null without memory.
ContextPtr make_tls_context(const SSL_METHOD* method);
BIO* make_socket_bio(int socket);
std::string last_openssl_reason();

std::unique_ptr<Channel> make_tls_server_channel(int socket, const ServerTls& tls);

}  // namespace mailkeep::net
