// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// FinalDot: watches for servers (Exchange) that end a message whose last line has no line break
// with a dot right behind its text, ".CRLF" where "CRLF.CRLF" is due.
//
// Content passes through, but what may be the beginning of such an end is held back until more
// comes. If silence comes instead, the session asks the server whether it is done. If the answer to
// the next command comes instead (".CRLF+OK"), two messages would run into one: then what came
// must not be believed.

#include <functional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace mailkeep::fetcher::pop3 {

class FinalDot {
 public:
  using Sink = std::function<common::Status(std::string_view)>;

  common::Status pass(std::string_view content, const Sink& sink);
  // It was content after all.
  common::Status release(const Sink& sink);

  bool may_be_end() const { return held_ == ".\r\n"; }
  // Somewhere ".CRLF" was followed by what looks like the answer to another command. Mail may hold
  // that too: retrieved alone, there is no other answer that it could be.
  bool has_answer_inside() const { return has_answer_inside_; }

 private:
  std::string held_;
  bool has_answer_inside_ = false;
};

}  // namespace mailkeep::fetcher::pop3
