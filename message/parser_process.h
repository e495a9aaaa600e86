// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ParserProcess: one started child and the stream to it, seen from the parent. Private to message/.
// Ends the child and everything it forked when it goes out of scope.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "message/parsed_message.h"

namespace mailkeep::message {

class ParserProcess {
 public:
  // Config if it cannot be started or cannot build its sandbox.
  static common::Result<std::unique_ptr<ParserProcess>> start(const std::filesystem::path& program);
  ParserProcess(const ParserProcess&) = delete;
  ParserProcess& operator=(const ParserProcess&) = delete;
  ~ParserProcess();

  // Sends the messages and appends the answers in order. False once the child is of no more use: it
  // died, was silent for longer than `patience`, or answered nonsense. Answers before that count.
  bool exchange(std::span<const std::string> raws, std::chrono::milliseconds patience,
                std::vector<ParsedMessage>& answers);

 private:
  ParserProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  bool wait_for_hello(std::chrono::milliseconds patience);
  void queue_message(const std::string& raw);
  bool send_some(std::span<const std::string> raws);
  bool receive_some(std::size_t wanted, std::vector<ParsedMessage>& answers);

  pid_t pid_;
  int socket_;
  std::uint64_t lifetime_messages_ = 0;  // given to the present caged child
  std::uint64_t lifetime_bytes_ = 0;

  // Of the exchange at hand.
  std::size_t next_ = 0;       // message to be sent
  std::string header_;         // frame headers before it
  std::size_t header_at_ = 0;  // bytes of them already sent
  std::size_t body_at_ = 0;    // bytes of the message already sent
  std::string received_;
};

}  // namespace mailkeep::message
