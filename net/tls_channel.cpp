// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls_channel_internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "common/printable.h"

namespace mailkeep::net {

using common::ErrorKind;

namespace {

// Several records in one call of recv(2).
constexpr std::size_t kReadAheadBytes = 64U << 10U;

int clamped(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

ContextPtr make_tls_context(const SSL_METHOD* method) {
  ContextPtr context(::SSL_CTX_new(method));
  if (context == nullptr) return context;
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_read_ahead(context.get(), 1);
  ::SSL_CTX_set_default_read_buffer_len(context.get(), kReadAheadBytes);
  return context;
}

common::Result<IoStep> TlsChannel::read(char* data, std::size_t size) {
  ::ERR_clear_error();
  return step(::SSL_read(ssl_.get(), data, clamped(size)));
}

common::Result<IoStep> TlsChannel::write(std::string_view bytes) {
  ::ERR_clear_error();
  return step(::SSL_write(ssl_.get(), bytes.data(), clamped(bytes.size())));
}

// One attempt, no waiting.
void TlsChannel::end_output() {
  if (!has_said_goodbye_) ::SSL_shutdown(ssl_.get());
  has_said_goodbye_ = true;
}

std::string TlsChannel::description() const {
  return fmt::format("{} with {}", ::SSL_get_version(ssl_.get()), ::SSL_get_cipher(ssl_.get()));
}

common::Result<IoStep> TlsChannel::step(int result) {
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
  return common::fail(ErrorKind::Network, "the TLS connection was cut: {}", last_openssl_reason());
}

std::string last_openssl_reason() {
  const unsigned long code = ::ERR_peek_error();
  if (code == 0) return "the connection ended";
  const char* reason = ::ERR_reason_error_string(code);
  return reason != nullptr ? common::printable(reason) : fmt::format("error {:x}", code);
}

namespace {

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

}  // namespace

BIO* make_socket_bio(int socket) {
  BIO* bio = ::BIO_new(socket_method());
  if (bio == nullptr) return nullptr;
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  ::BIO_set_init(bio, 1);
  return bio;
}

}  // namespace mailkeep::net
