// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// DotUnstuffer: finds the end of a multi-line POP3 answer (RFC 1939 §3) in bytes that arrive in any
// pieces, and gives back the exact bytes that stood before the dots were added.
//
// A line begins after CRLF, and nowhere else: a lone LF is content, so what follows it is neither
// unstuffed nor taken for the end. ".LF" at the beginning of a line is an end too, because a sender
// that stuffs would have doubled that dot. Only a server that ends its own status lines with a bare
// LF has all its lines read so.

#include <cstddef>
#include <functional>
#include <string_view>

#include "common/result.h"

namespace mailkeep::fetcher::pop3 {

class DotUnstuffer {
 public:
  using Sink = std::function<common::Status(std::string_view)>;

  explicit DotUnstuffer(bool lines_end_with_bare_lf) : is_bare_lf_(lines_end_with_bare_lf) {}

  // Returns how many of the bytes belong to this answer: all of them, until it is done.
  common::Result<std::size_t> feed(std::string_view bytes, const Sink& sink);
  bool is_done() const { return state_ == State::Done; }

 private:
  enum class State { LineStart, Dot, DotCr, Text, Done };

  common::Result<std::size_t> pass_text(std::string_view bytes, const Sink& sink);

  bool is_bare_lf_;
  bool was_cr_ = false;  // the last byte passed on was a CR
  State state_ = State::LineStart;
};

}  // namespace mailkeep::fetcher::pop3
