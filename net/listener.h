// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Listener: the server's end of TCP, with or without TLS, on non-blocking sockets. Who waits, and
// how long, is the caller's business.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "net/io_step.h"

namespace mailkeep::net {

bool is_ip_address(const std::string& address);
bool is_loopback(const std::string& address);  // 127.0.0.0/8 or ::1
// Of whom an address is: of IPv6 the first 64 bits, in hexadecimal, as everybody has all that
// follow them; any other address as it is.
std::string network_of(const std::string& address);

// A certificate with its key. TLS 1.2 or newer. Any thread may use it.
class ServerTls {
 public:
  // PEM files. Config if they cannot be read, do not belong together or the key has a password.
  static common::Result<std::shared_ptr<const ServerTls>> load(const std::string& certificate_file,
                                                               const std::string& key_file);
  virtual ~ServerTls() = default;
};

class Channel;

// One client. Not shared between threads, but may wander from one to another.
class ServerConnection {
 public:
  ServerConnection(int socket, std::string peer, std::shared_ptr<const ServerTls> tls);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // The TLS handshake is part of the first reads. Errors: Network.
  common::Result<IoStep> read(char* data, std::size_t size);
  common::Result<IoStep> write(std::string_view bytes);

  void end_output();  // says goodbye; the client may still send
  void cut() const;   // wakes whoever waits for this connection, with an error

  // Bytes that were written and that the client's machine has not confirmed yet.
  std::size_t unconfirmed() const;

  int socket() const { return socket_; }
  const std::string& peer() const { return peer_; }  // IP address
  bool is_tls() const { return tls_ != nullptr; }

 private:
  int socket_;
  std::string peer_;
  std::shared_ptr<const ServerTls> tls_;
  std::unique_ptr<Channel> channel_;
};

class Listener {
 public:
  // `address` is an IP address; port 0 takes any free one. Config if it cannot be had.
  static common::Result<std::unique_ptr<Listener>> open(const std::string& address,
                                                        std::uint16_t port,
                                                        std::shared_ptr<const ServerTls> tls);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Null when nobody waits. Limit when the process has no file descriptor left.
  common::Result<std::unique_ptr<ServerConnection>> accept();

  int socket() const { return socket_; }
  std::uint16_t port() const { return port_; }

 private:
  Listener(int socket, std::uint16_t port, std::shared_ptr<const ServerTls> tls)
      : socket_(socket), port_(port), tls_(std::move(tls)) {}
  int socket_;
  std::uint16_t port_;
  std::shared_ptr<const ServerTls> tls_;
};

}  // namespace mailkeep::net
