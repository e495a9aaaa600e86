// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ParserProcess: one started child and the stream to it, seen from the parent. Private to message/.
// Ends the child and everything it forked when it goes out of scope.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"

namespace mailkeep::message {

// One frame to the child; what it points to must outlive the exchange.
struct Request {
  std::uint8_t kind;
  std::string head;  // stands in the frame before the message
  std::string_view raw;
};

enum class Taken { Done, More, Nonsense };  // More: the answer goes on in another frame
// One frame of the answer to the oldest request that is not yet Done.
using TakeReply = std::function<Taken(std::string_view frame)>;

class ParserProcess {
 public:
  // Config if it cannot be started or cannot build its sandbox.
  static common::Result<std::unique_ptr<ParserProcess>> start(const std::filesystem::path& program);
  ParserProcess(const ParserProcess&) = delete;
  ParserProcess& operator=(const ParserProcess&) = delete;
  ~ParserProcess();

  // Sends the requests and gives their answers in order. False once the child is of no more use: it
  // died, took longer than `patience` for one answer, or answered nonsense. Answers before that
  // count.
  bool exchange(std::span<const Request> requests, std::chrono::milliseconds patience,
                const TakeReply& take);

 private:
  ParserProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  bool wait_for_hello(std::chrono::milliseconds patience);
  void queue(const Request& request);
  bool send_some(std::span<const Request> requests);
  bool receive_some(std::size_t wanted, const TakeReply& take);

  pid_t pid_;
  int socket_;
  std::uint64_t lifetime_messages_ = 0;  // given to the present caged child
  std::uint64_t lifetime_bytes_ = 0;

  // Of the exchange at hand.
  std::size_t next_ = 0;       // request to be sent
  std::size_t done_ = 0;       // requests that are answered
  std::string header_;         // what stands before its message
  std::size_t header_at_ = 0;  // bytes of them already sent
  std::size_t body_at_ = 0;    // bytes of the message already sent
  std::string received_;
};

}  // namespace mailkeep::message
