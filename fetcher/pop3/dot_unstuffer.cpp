// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/dot_unstuffer.h"

namespace mailkeep::fetcher::pop3 {

common::Result<std::size_t> DotUnstuffer::feed(std::string_view bytes, const Sink& sink) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::Done) {
    const char next = bytes[used];
    if (state_ == State::Text) {
      MAILKEEP_TRY(passed, pass_line(bytes.substr(used), sink));
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

common::Result<std::size_t> DotUnstuffer::pass_line(std::string_view bytes, const Sink& sink) {
  const std::size_t feed = bytes.find('\n');
  const bool has_end = feed != std::string_view::npos;
  const std::string_view line = has_end ? bytes.substr(0, feed + 1) : bytes;
  MAILKEEP_CHECKED(sink(line));
  const bool has_cr = line.size() > 1 ? line[line.size() - 2] == '\r' : was_cr_;
  if (has_end && (has_cr || is_bare_lf_)) state_ = State::LineStart;
  was_cr_ = line.back() == '\r';
  return line.size();
}

}  // namespace mailkeep::fetcher::pop3
