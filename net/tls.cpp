// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "common/printable.h"
#include "net/channel_internal.h"

namespace mailkeep::net {

using common::Deadline;
using common::ErrorKind;

namespace {

struct Free {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Free>;
using SslPtr = std::unique_ptr<SSL, Free>;

// Several records in one call of recv(2).
constexpr std::size_t kReadAheadBytes = 64U << 10U;

common::Result<ContextPtr> make_context(const std::string& ca_file);
common::Status expect_host(SSL* ssl, const std::string& host);
BIO* make_socket_bio(int socket);
common::Error handshake_error(SSL* ssl, const std::string& host);
std::string last_openssl_reason();

class TlsChannel final : public Channel {
 public:
  TlsChannel(ContextPtr context, SslPtr ssl) : context_(std::move(context)), ssl_(std::move(ssl)) {}
  ~TlsChannel() override { ::SSL_shutdown(ssl_.get()); }  // one attempt to say goodbye, no waiting

  common::Result<IoStep> read(char* data, std::size_t size) override {
    ::ERR_clear_error();
    return step(::SSL_read(ssl_.get(), data, clamped(size)));
  }

  common::Result<IoStep> write(std::string_view bytes) override {
    ::ERR_clear_error();
    return step(::SSL_write(ssl_.get(), bytes.data(), clamped(bytes.size())));
  }

  std::string description() const override {
    return fmt::format("{} with {}", ::SSL_get_version(ssl_.get()), ::SSL_get_cipher(ssl_.get()));
  }

 private:
  static int clamped(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
  }

  common::Result<IoStep> step(int result) {
    if (result > 0) return IoStep{static_cast<std::size_t>(result), 0, false};
    switch (::SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return IoStep{0, POLLIN, false};
      case SSL_ERROR_WANT_WRITE:
        return IoStep{0, POLLOUT, false};
      case SSL_ERROR_ZERO_RETURN:
        return IoStep{0, 0, true};
      default:
        break;
    }
    // An end without close_notify lands here too: it cannot be told from an attacker's cut.
    return common::fail(ErrorKind::Network, "the TLS connection was cut: {}",
                        last_openssl_reason());
  }

  ContextPtr context_;
  SslPtr ssl_;
};

}  // namespace

common::Result<std::unique_ptr<Channel>> make_tls_channel(int socket, const std::string& host,
                                                          const std::string& ca_file,
                                                          Waiter& waiter, Deadline deadline) {
  MAILKEEP_TRY(context, make_context(ca_file));
  SslPtr ssl(::SSL_new(context.get()));
  BIO* bio = make_socket_bio(socket);
  if (ssl == nullptr || bio == nullptr) return common::fail(ErrorKind::Tls, "cannot set up TLS");
  ::SSL_set_bio(ssl.get(), bio, bio);
  MAILKEEP_CHECKED(expect_host(ssl.get(), host));
  for (;;) {
    ::ERR_clear_error();
    const int result = ::SSL_connect(ssl.get());
    if (result == 1) break;
    const int error = ::SSL_get_error(ssl.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return tl::unexpected(handshake_error(ssl.get(), host));
    }
    const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    MAILKEEP_TRY(ready, waiter.wait(socket, events, deadline));
    if (!ready) {
      return common::fail(ErrorKind::Timeout, "{} did not finish the TLS handshake in time",
                          common::printable(host));
    }
  }
  return std::make_unique<TlsChannel>(std::move(context), std::move(ssl));
}

namespace {

common::Result<ContextPtr> make_context(const std::string& ca_file) {
  ContextPtr context(::SSL_CTX_new(::TLS_client_method()));
  if (context == nullptr) return common::fail(ErrorKind::Tls, "cannot set up TLS");
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_read_ahead(context.get(), 1);
  ::SSL_CTX_set_default_read_buffer_len(context.get(), kReadAheadBytes);
  const int loaded = ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context.get())
                                     : ::SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  if (loaded != 1) {
    return common::fail(ErrorKind::Config, "cannot read certificates from {}; give a PEM file",
                        ca_file.empty() ? "the system's store" : common::printable(ca_file));
  }
  return context;
}

// SNI (RFC 6066 §3). OpenSSL's macro of the same effect holds a cast that our warnings forbid.
bool announce_host(SSL* ssl, std::string host) {
  return ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

// RFC 6125: the name we were told to reach, in the certificate's alternative names, nothing else.
common::Status expect_host(SSL* ssl, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
  X509_VERIFY_PARAM* param = ::SSL_get0_param(ssl);
  ::X509_VERIFY_PARAM_set_hostflags(
      param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool is_set = is_address
                          ? ::X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1
                          : ::X509_VERIFY_PARAM_set1_host(param, host.data(), host.size()) == 1 &&
                                announce_host(ssl, host);
  if (!is_set) {
    return common::fail(ErrorKind::Config, "{} cannot be a host name", common::printable(host));
  }
  return {};
}

std::string certificate_fault(long code) {
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "has expired; its operator must renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not valid yet; check this machine's clock";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "is self-signed; if it is the right one, give it with --ca";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // an authority of a known name with another key
      return "is signed by an unknown authority; if it is the right one, give it with --ca";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "is for another host name; check the address of the account";
    default:
      return fmt::format("is not trusted: {}", ::X509_verify_cert_error_string(code));
  }
}

common::Error handshake_error(SSL* ssl, const std::string& host) {
  const std::string name = common::printable(host);
  if (const long code = ::SSL_get_verify_result(ssl); code != X509_V_OK) {
    return {ErrorKind::Tls, fmt::format("the certificate of {} {}", name, certificate_fault(code))};
  }
  if (::ERR_GET_REASON(::ERR_peek_error()) == SSL_R_WRONG_VERSION_NUMBER) {
    return {ErrorKind::Tls,
            fmt::format("{} does not speak TLS 1.2 or newer here; check the port and "
                        "whether STARTTLS is meant",
                        name)};
  }
  return {ErrorKind::Tls, fmt::format("no TLS with {}: {}", name, last_openssl_reason())};
}

std::string last_openssl_reason() {
  const unsigned long code = ::ERR_peek_error();
  if (code == 0) return "the connection ended";
  const char* reason = ::ERR_reason_error_string(code);
  return reason != nullptr ? common::printable(reason) : fmt::format("error {:x}", code);
}

// OpenSSL's own socket BIO writes with write(2), which would raise SIGPIPE in whatever program we
// are part of; this one differs in MSG_NOSIGNAL alone.
int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio)));
}

int bio_write(BIO* bio, const char* data, int size) {
  ::BIO_clear_retry_flags(bio);
  const ssize_t count = ::send(socket_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) ::BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int bio_read(BIO* bio, char* data, int size) {
  ::BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(socket_of(bio), data, static_cast<std::size_t>(size), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) ::BIO_set_retry_read(bio);
  if (count == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { ::BIO_meth_free(method); }
};

const BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> kMethod = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> method(
        ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE"));
    ::BIO_meth_set_write(method.get(), bio_write);
    ::BIO_meth_set_read(method.get(), bio_read);
    ::BIO_meth_set_ctrl(method.get(), bio_control);
    return method;
  }();
  return kMethod.get();
}

BIO* make_socket_bio(int socket) {
  BIO* bio = ::BIO_new(socket_method());
  if (bio == nullptr) return nullptr;
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  ::BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

}  // namespace mailkeep::net
