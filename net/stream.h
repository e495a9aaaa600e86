// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ByteStream: one connection to a mail server, plain or under TLS, on which no wait is without an
// end.
//
// Every call may fail with Cancelled (a stop was asked for), Timeout (silence, or less than the
// floor of throughput), Network (not reachable, cut, ended without TLS's close_notify) or Tls.
// After any error but the Timeout of wait_readable() the stream is of no more use. Not shared
// between threads.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/deadline.h"
#include "common/result.h"

namespace mailkeep::net {

struct Endpoint {
  std::string host;  // a name, or an IPv4 or IPv6 address without brackets
  std::uint16_t port = 0;
};

// How long the other side is waited for. Parameters, so that a test need not wait a minute.
struct Patience {
  std::chrono::milliseconds connect{30'000};  // all addresses together, the name service included
  std::chrono::milliseconds tls{30'000};
  std::chrono::milliseconds silence{60'000};  // without a single byte
  std::chrono::milliseconds login{60'000};    // greeting to login together: for the sessions above
  std::chrono::milliseconds floor_window{60'000};  // of waiting, with less than the floor
  std::uint64_t floor_bytes_per_second = 1024;
};

class Channel;
class Waiter;

class ByteStream {
 public:
  using Sink = std::function<common::Status(std::string_view)>;

  // Tries every address of the host in turn.
  static common::Result<std::unique_ptr<ByteStream>> connect(const Endpoint& endpoint,
                                                             const Patience& patience,
                                                             std::stop_token stop);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Puts TLS (1.2 or newer, certificate and name verified) on the stream. Refuses with Tls if the
  // server has sent anything that was not read yet: whatever came in clear must not be taken for an
  // answer that was protected (response injection). ca_file empty: the system's authorities.
  common::Status start_tls(const std::string& ca_file);
  bool is_encrypted() const { return is_encrypted_; }
  std::string description() const;  // "TLSv1.3 with TLS_AES_256_GCM_SHA384", or "no TLS"

  // One line without its CRLF (or bare LF). The view is good until the next call. Limit if there
  // are more than max_bytes before the line's end.
  common::Result<std::string_view> read_line(std::size_t max_bytes);
  bool line_had_cr() const { return line_had_cr_; }  // the last line ended with CRLF, not LF

  // Exactly `count` bytes, in pieces as they arrive. Stops at the first error of the sink.
  common::Status read_exact(std::uint64_t count, const Sink& sink);

  // What has arrived, at least one byte; good until the next call. consume() says how much was
  // used.
  common::Result<std::string_view> peek();
  void consume(std::size_t count) { begin_ += count; }

  // Whether something can be read before the deadline: for waits that may last (IDLE).
  common::Result<bool> wait_readable(common::Deadline deadline);

  // All of it. A write begins a new exchange: the floor of throughput is measured anew.
  common::Status write(std::string_view bytes);

  // Until set back to nothing, no read or write waits longer than this.
  void limit_until(std::optional<common::Deadline> deadline) { limit_ = deadline; }

 private:
  ByteStream(int socket, const Endpoint& endpoint, const Patience& patience,
             std::unique_ptr<Waiter> waiter);
  common::Status fill();
  void make_room();
  common::Status wait(short events, common::Deadline silence);
  common::Status check_floor() const;

  int socket_;
  Endpoint endpoint_;
  Patience patience_;
  std::unique_ptr<Waiter> waiter_;
  std::unique_ptr<Channel> channel_;
  bool is_encrypted_ = false;
  bool line_had_cr_ = false;
  std::string buffer_;  // [begin_, end_) has arrived and was not read yet
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<common::Deadline> limit_;
  std::chrono::nanoseconds waited_{0};  // in the present window of the floor
  std::uint64_t received_ = 0;          // in the same window
};

}  // namespace mailkeep::net
