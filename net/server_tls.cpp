// SPDX-License-Identifier: GPL-3.0-or-later
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string_view>

#include "common/check.h"
#include "common/printable.h"
#include "net/listener.h"
#include "net/tls_channel_internal.h"

namespace mailkeep::net {

using common::ErrorKind;

namespace {

class LoadedTls final : public ServerTls {
 public:
  explicit LoadedTls(ContextPtr context) : context_(std::move(context)) {}
  SSL_CTX* context() const { return context_.get(); }

 private:
  ContextPtr context_;
};

// Without this OpenSSL would ask for the key's password on the terminal.
int no_password(char*, int, int, void*) { return 0; }

// RFC 7301: who offers protocols by name gets HTTP/1.1 or no connection, so that a client that
// means another protocol is never talked to in this one.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  constexpr std::string_view kHttp = "http/1.1";
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != kHttp) continue;
    *chosen = offered + at + 1;
    *chosen_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

common::Result<std::shared_ptr<const ServerTls>> ServerTls::load(
    const std::string& certificate_file, const std::string& key_file) {
  ContextPtr context = make_tls_context(::TLS_server_method());
  if (context == nullptr) return common::fail(ErrorKind::Tls, "cannot set up TLS");
  ::SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  ::SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return common::fail(ErrorKind::Config, "cannot use the certificate in {}: {}; give a PEM file",
                        common::printable(certificate_file), last_openssl_reason());
  }
  if (::SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context.get()) != 1) {
    return common::fail(ErrorKind::Config,
                        "cannot use the key in {}: {}; give the certificate's own key as a PEM "
                        "file without a password",
                        common::printable(key_file), last_openssl_reason());
  }
  return std::make_shared<const LoadedTls>(std::move(context));
}

std::unique_ptr<Channel> make_tls_server_channel(int socket, const ServerTls& tls) {
  SslPtr ssl(::SSL_new(static_cast<const LoadedTls&>(tls).context()));
  BIO* bio = make_socket_bio(socket);
  MAILKEEP_CHECK(ssl != nullptr && bio != nullptr);  // only without memory
  ::SSL_set_bio(ssl.get(), bio, bio);
  ::SSL_set_accept_state(ssl.get());
  return std::make_unique<TlsChannel>(nullptr, std::move(ssl));
}

}  // namespace mailkeep::net
