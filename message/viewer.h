// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Viewer: shows one mail at a time, parsed in a sandboxed child as in ParserPool (parser_pool.h),
// which is kept between calls and replaced after the same lifetime. Nothing that a mail does to the
// child harms the caller or the next mail.
//
// Errors of both: Config if no child can be started, Malformed if the child died or ran out of time
// or memory on this mail, which is then still there as raw bytes. Threads: one Viewer for each.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "message/view.h"

namespace mailkeep::message {

inline constexpr std::size_t kMaxViewBytes = 64UL << 20U;  // of a raw mail that is shown

class Viewer {
 public:
  // program: what to execute as the child; normally /proc/self/exe. patience: for one message.
  explicit Viewer(std::filesystem::path program = "/proc/self/exe",
                  std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~Viewer();

  // Limit if raw is larger than kMaxViewBytes.
  common::Result<MessageView> view(const std::string& raw);

  // The decoded bytes of one part; those of a message/rfc822 part are the nested message. NotFound
  // if no such part is there or it is a multipart, Limit if raw or the part is over what a child
  // can take or give.
  common::Result<DecodedPart> part(const std::string& raw, std::string_view number);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::message
