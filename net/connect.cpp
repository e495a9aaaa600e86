// SPDX-License-Identifier: GPL-3.0-or-later
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "common/printable.h"
#include "net/connect_internal.h"

namespace mailkeep::net {

using common::Deadline;
using common::ErrorKind;

namespace {

struct Address {
  int family = 0;
  sockaddr_storage storage{};
  socklen_t length = 0;
};

struct LookUp {
  int error = 0;
  std::vector<Address> addresses;
};

LookUp look_up(const Endpoint& endpoint, int flags);
common::Result<std::vector<Address>> resolve(const Endpoint& endpoint, Deadline deadline,
                                             Waiter& waiter);
common::Result<int> connect_to(const Address& address, Deadline deadline, Waiter& waiter);
std::string reason(int error_number) { return std::generic_category().message(error_number); }

}  // namespace

common::Result<int> connect_socket(const Endpoint& endpoint, Deadline deadline, Waiter& waiter) {
  MAILKEEP_TRY(addresses, resolve(endpoint, deadline, waiter));
  common::Error last{ErrorKind::Network, "no address"};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // An address that swallows everything must leave time for those behind it.
    const auto share = deadline.left() / static_cast<long>(addresses.size() - i);
    auto socket = connect_to(addresses[i], Deadline::in(share), waiter);
    if (socket || socket.error().kind == ErrorKind::Cancelled) return socket;
    last = socket.error();
  }
  return common::fail(last.kind, "cannot connect to {} port {}: {}",
                      common::printable(endpoint.host), endpoint.port, last.text);
}

namespace {

// getaddrinfo(3) knows no deadline, so it runs in a thread of its own, which is left behind when it
// is too slow.
common::Result<std::vector<Address>> resolve(const Endpoint& endpoint, Deadline deadline,
                                             Waiter& waiter) {
  LookUp literal = look_up(endpoint, AI_NUMERICHOST);
  if (literal.error == 0) return literal.addresses;

  struct Answer {
    std::mutex mutex;
    std::condition_variable_any arrived;
    bool is_there = false;
    LookUp result;
  };
  // Two owners: this call and the thread, whichever ends last.
  auto answer = std::make_shared<Answer>();
  std::thread([answer, endpoint] {
    LookUp result = look_up(endpoint, AI_ADDRCONFIG);
    const std::lock_guard lock(answer->mutex);
    answer->result = std::move(result);
    answer->is_there = true;
    answer->arrived.notify_all();
  }).detach();

  std::unique_lock lock(answer->mutex);
  answer->arrived.wait_for(lock, waiter.stop(), deadline.left(), [&] { return answer->is_there; });
  MAILKEEP_CHECKED(waiter.check_stop());
  const std::string host = common::printable(endpoint.host);
  if (!answer->is_there) {
    return common::fail(ErrorKind::Timeout, "the name service did not answer for {}", host);
  }
  if (answer->result.error != 0 || answer->result.addresses.empty()) {
    return common::fail(ErrorKind::Network, "cannot find the host {}: {}; check its name", host,
                        ::gai_strerror(answer->result.error));
  }
  return answer->result.addresses;
}

LookUp look_up(const Endpoint& endpoint, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  LookUp result;
  result.error =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list);
  if (result.error != 0) return result;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Address address{entry->ai_family, {}, entry->ai_addrlen};
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    result.addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return result;
}

common::Status finish_connect(int socket, const Address& address, Deadline deadline,
                              Waiter& waiter) {
  const auto* where = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket, where, address.length) == 0) return {};
  if (errno != EINPROGRESS) return common::fail(ErrorKind::Network, "{}", reason(errno));
  MAILKEEP_TRY(ready, waiter.wait(socket, POLLOUT, deadline));
  if (!ready) return common::fail(ErrorKind::Timeout, "no answer in time");
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return common::fail(ErrorKind::Network, "{}", reason(error));
  return {};
}

common::Result<int> connect_to(const Address& address, Deadline deadline, Waiter& waiter) {
  const int socket = ::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return common::fail(ErrorKind::Network, "{}", reason(errno));
  if (auto status = finish_connect(socket, address, deadline, waiter); !status) {
    ::close(socket);
    return tl::unexpected(std::move(status).error());
  }
  // Commands are small and each is written whole: waiting to fill a segment only costs time.
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

}  // namespace

}  // namespace mailkeep::net
