// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ParserPool: parsing in sandboxed children (seccomp, no network, no files), each for at most 200
// messages or 64 MiB, then replaced. A child that dies or takes longer than its limit costs a
// search text, never a message: its messages are tried one by one, three times, then read from
// their headers alone and marked unsearchable "parser-died".
//
// A child is this program started again with the hidden word kParserChildCommand, so main() must
// hand that word to parser_child_main(). Threads: one ParserPool for each thread.

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "message/parsed_message.h"

namespace mailkeep::message {

inline constexpr std::string_view kParserChildCommand = "parser-child";

// Never returns to the caller's work: reads messages from standard input until its end.
int parser_child_main();

class ParserPool {
 public:
  // program: what to execute as the child; normally /proc/self/exe. patience: for one message.
  explicit ParserPool(std::filesystem::path program = "/proc/self/exe",
                      std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~ParserPool();

  // Results in the order of the inputs, one for each. Fails only when no child can be started.
  common::Result<std::vector<ParsedMessage>> parse(std::span<const std::string> raws);

  // In two steps, so that the caller can index one batch while the child parses the next.
  common::Status submit(std::vector<std::string> raws);
  common::Result<std::vector<ParsedMessage>> collect();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::message
