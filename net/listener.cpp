// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/listener.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "common/encoding.h"
#include "common/printable.h"
#include "net/channel_internal.h"
#include "net/tls_channel_internal.h"

namespace mailkeep::net {

using common::ErrorKind;

namespace {

constexpr int kBacklog = 512;

struct FreeAddress {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using AddressPtr = std::unique_ptr<addrinfo, FreeAddress>;

AddressPtr resolve(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (address.empty() ||
      ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return nullptr;
  }
  return AddressPtr(found);
}

// An IPv4 client of a socket for both families is shown as what it is.
std::string numeric_address(const sockaddr_storage& from, socklen_t size) {
  std::array<char, NI_MAXHOST> name{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&from), size, name.data(), name.size(),
                    nullptr, 0, NI_NUMERICHOST) != 0) {
    return "unknown";
  }
  std::string address = name.data();
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped) && address.find('.') != std::string::npos) {
    address.erase(0, kMapped.size());
  }
  return address;
}

void set_flag(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

std::uint16_t port_of(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  std::array<char, NI_MAXSERV> service{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&bound), size, nullptr, 0, service.data(),
                service.size(), NI_NUMERICSERV);
  return static_cast<std::uint16_t>(std::stoul(service.data()));
}

}  // namespace

bool is_ip_address(const std::string& address) { return resolve(address, 0) != nullptr; }

std::string network_of(const std::string& address) {
  constexpr std::size_t kNetworkBytes = 8;
  in6_addr found{};
  const bool is_v6 = ::inet_pton(AF_INET6, address.c_str(), &found) == 1;
  if (!is_v6 || IN6_IS_ADDR_V4MAPPED(&found)) return address;
  std::string bytes(kNetworkBytes, '\0');
  std::memcpy(bytes.data(), found.s6_addr, kNetworkBytes);
  return common::to_hex(bytes) + "/64";
}

bool is_loopback(const std::string& address) {
  const AddressPtr info = resolve(address, 0);
  if (info == nullptr) return false;
  if (info->ai_family == AF_INET) {
    sockaddr_in found{};
    std::memcpy(&found, info->ai_addr, sizeof found);
    return (ntohl(found.sin_addr.s_addr) >> 24U) == 127;
  }
  sockaddr_in6 found{};
  std::memcpy(&found, info->ai_addr, sizeof found);
  return std::memcmp(&found.sin6_addr, &in6addr_loopback, sizeof(in6_addr)) == 0;
}

common::Result<std::unique_ptr<Listener>> Listener::open(const std::string& address,
                                                         std::uint16_t port,
                                                         std::shared_ptr<const ServerTls> tls) {
  const std::string shown = common::printable(address);
  const AddressPtr info = resolve(address, port);
  if (info == nullptr) {
    return common::fail(ErrorKind::Config, "{} is not an IP address; give one to listen on", shown);
  }
  const int socket = ::socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return common::fail(ErrorKind::Config, "cannot open a socket for {}: {}", shown,
                        std::generic_category().message(errno));
  }
  auto listener = std::unique_ptr<Listener>(new Listener(socket, port, std::move(tls)));
  set_flag(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (info->ai_family == AF_INET6) set_flag(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(socket, info->ai_addr, info->ai_addrlen) != 0 || ::listen(socket, kBacklog) != 0) {
    return common::fail(ErrorKind::Config,
                        "cannot listen on {} port {}: {}; choose another address or port", shown,
                        port, std::generic_category().message(errno));
  }
  listener->port_ = port_of(socket);
  return listener;
}

Listener::~Listener() { ::close(socket_); }

common::Result<std::unique_ptr<ServerConnection>> Listener::accept() {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const int socket =
      ::accept4(socket_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return common::fail(ErrorKind::Limit, "no file descriptor is left for a new connection");
    }
    return nullptr;  // nobody waits, or whoever waited has gone
  }
  set_flag(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  return std::make_unique<ServerConnection>(socket, numeric_address(from, size), tls_);
}

ServerConnection::ServerConnection(int socket, std::string peer,
                                   std::shared_ptr<const ServerTls> tls)
    : socket_(socket),
      peer_(std::move(peer)),
      tls_(std::move(tls)),
      channel_(tls_ ? make_tls_server_channel(socket, *tls_) : make_plain_channel(socket)) {}

ServerConnection::~ServerConnection() {
  channel_.reset();
  ::close(socket_);
}

common::Result<IoStep> ServerConnection::read(char* data, std::size_t size) {
  return channel_->read(data, size);
}

common::Result<IoStep> ServerConnection::write(std::string_view bytes) {
  return channel_->write(bytes);
}

void ServerConnection::end_output() {
  channel_->end_output();
  ::shutdown(socket_, SHUT_WR);
}

std::size_t ServerConnection::unconfirmed() const {
  int bytes = 0;
  if (::ioctl(socket_, SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::size_t>(bytes);
}

void ServerConnection::cut() const { ::shutdown(socket_, SHUT_RDWR); }

}  // namespace mailkeep::net
