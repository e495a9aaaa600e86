// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HttpServer: HTTP/1.1 (RFC 9112) with or without TLS, strict in what it accepts.
//
// A connection occupies a thread only while a whole request is at hand: waiting connections, slow
// headers and idle keep-alive cost a file descriptor each. When all threads are taken and the
// queue is full, a request is answered at once with 503 and Retry-After.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/problem.h"
#include "api/request.h"
#include "common/deadline.h"
#include "common/result.h"

namespace mailkeep::api {

struct Limits {
  std::size_t request_line = std::size_t{8} << 10U;   // bytes; beyond 414
  std::size_t header_block = std::size_t{32} << 10U;  // bytes, with the request line; beyond 431
  std::size_t header_count = 100;                     // beyond 431
  std::size_t connections = 1024;
  std::size_t queue = 128;                            // requests that wait for a thread; beyond 503
  std::size_t body_memory = std::size_t{256} << 20U;  // bytes of all bodies at one time; beyond 503
  std::size_t answer_memory = std::size_t{512} << 20U;  // of all large answers on their way; 503

  std::chrono::milliseconds header_time{10'000};  // for the whole block, and for a TLS handshake
  std::chrono::milliseconds idle_time{15'000};    // between two requests
  std::chrono::milliseconds body_time{120'000};   // for a whole request body
  std::chrono::milliseconds window{10'000};       // of slowness that is put up with, both ways
  std::size_t bytes_per_second = 1024;            // less than this over a window: cut
};

struct ServerOptions {
  std::string address = "127.0.0.1";       // an IP address; "0.0.0.0" and "::" are all interfaces
  std::uint16_t port = 0;                  // 0: any free one
  std::string certificate_file;            // PEM, with its chain; empty: no TLS
  std::string key_file;                    // PEM
  bool allow_remote_plain = false;         // the word insecure-listen
  std::vector<std::string> allowed_hosts;  // names in Host besides the address and localhost
  unsigned max_threads = 64;
  Limits limits;
};

struct Application {
  // Asked when the header block is complete, before any of the body is read (request.body is
  // empty): how many bytes the body may have, or a refusal. Called by any thread.
  std::function<tl::expected<std::uint64_t, Problem>(const Request&)> admit;
  // Called by any thread; what it throws is answered with 500.
  std::function<Answer(Request&)> handle;
};

struct ServerCounts {
  std::uint64_t connections = 0;   // open now
  std::uint64_t busy_threads = 0;  // now
  std::uint64_t requests = 0;      // answered since the start
  std::uint64_t refused = 0;       // of these and of connections: for want of threads or memory
};

class HttpServer {
 public:
  // Listens when this returns. Config: an address that is not loopback without TLS and without the
  // explicit word, a certificate that cannot be used, an address that is taken.
  static common::Result<std::unique_ptr<HttpServer>> start(ServerOptions options,
                                                           Application application);
  ~HttpServer();  // stop() without patience
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  ServerCounts counts() const;  // any thread

  // Accepts nothing more, lets running requests finish until the deadline, then asks for their
  // stop and cuts the lines. False if anything had to be cut. Returns when the last handler has:
  // one that looks at neither its stop token nor its sink's errors holds it up.
  bool stop(common::Deadline deadline);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::api
