// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HeadReader: request line and header block (RFC 9112 §2 to §6), byte by byte, and strict: what two
// readers could understand in two ways is refused, so that no request hides inside another.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "api/request.h"
#include "api/server.h"

namespace mailkeep::api {

struct RequestHead {
  Request request;
  std::string host;  // the Host field, or the target's authority, which is the same
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
  bool is_http_1_0 = false;
  bool wants_close = false;
  bool expects_continue = false;

  bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

class HeadReader {
 public:
  explicit HeadReader(const Limits& limits) : limits_(limits) {}

  // Takes bytes up to the end of the block and returns how many; the rest belongs to the body or
  // to the next request. A problem is final: the connection must be closed.
  tl::expected<std::size_t, Problem> feed(std::string_view bytes);

  bool is_complete() const { return is_complete_; }
  bool has_begun() const { return !block_.empty() || has_skipped_line_; }
  tl::expected<RequestHead, Problem> take();  // once complete; ready for the next request then

 private:
  Permission check_byte(char c);
  Permission end_line();

  Limits limits_;
  std::string block_;           // lines without their CRLF, each ended by LF
  std::size_t line_start_ = 0;  // in block_
  std::size_t lines_ = 0;
  bool has_cr_ = false;
  bool has_skipped_line_ = false;
  bool is_complete_ = false;
};

}  // namespace mailkeep::api
