// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/dot_unstuffer.h"

namespace mailkeep::fetcher::pop3 {

common::Result<std::size_t> DotUnstuffer::feed(std::string_view bytes, const Sink& sink) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::Done) {
    const char next = bytes[used];
    if (state_ == State::Text) {
      MAILKEEP_TRY(passed, pass_text(bytes.substr(used), sink));
      used += passed;
    } else if (state_ == State::LineStart) {
      state_ = next == '.' ? State::Dot : State::Text;
      used += next == '.' ? 1 : 0;
    } else if (next == '\n') {
      state_ = State::Done;
      ++used;
    } else if (state_ == State::Dot && next == '\r') {
      state_ = State::DotCr;
      ++used;
    } else {  // the dot was stuffing: it goes, what follows stays
      if (state_ == State::DotCr) MAILKEEP_CHECKED(sink("\r"));
      was_cr_ = state_ == State::DotCr;
      state_ = State::Text;
    }
  }
  return used;
}

// All text up to the next line that begins with a dot, in one piece: most mail has no such line.
common::Result<std::size_t> DotUnstuffer::pass_text(std::string_view bytes, const Sink& sink) {
  const auto ends_line = [&](std::size_t feed) {
    return is_bare_lf_ || (feed > 0 ? bytes[feed - 1] == '\r' : was_cr_);
  };
  std::size_t dot = bytes.find("\n.");
  while (dot != std::string_view::npos && !ends_line(dot)) dot = bytes.find("\n.", dot + 2);
  const std::string_view text = dot == std::string_view::npos ? bytes : bytes.substr(0, dot + 1);
  MAILKEEP_CHECKED(sink(text));
  if (text.back() == '\n' && ends_line(text.size() - 1)) state_ = State::LineStart;
  was_cr_ = text.back() == '\r';
  return text.size();
}

}  // namespace mailkeep::fetcher::pop3
