// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <array>

#include "common/printable.h"
#include "net/tls_channel_internal.h"

namespace mailkeep::net {

using common::Deadline;
using common::ErrorKind;

namespace {

common::Result<ContextPtr> make_context(const std::string& ca_file);
common::Status expect_host(SSL* ssl, const std::string& host);
common::Error handshake_error(SSL* ssl, const std::string& host);

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
  ContextPtr context = make_tls_context(::TLS_client_method());
  if (context == nullptr) return common::fail(ErrorKind::Tls, "cannot set up TLS");
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
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

}  // namespace

}  // namespace mailkeep::net
