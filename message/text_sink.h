// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// TextSink: the readable text of a message as it grows, up to a limit over all its parts, and
// without saying twice what two alternatives of one text both say. Private to message/.

#include <cstddef>
#include <string>
#include <string_view>

namespace mailkeep::message {

class TextSink {
 public:
  explicit TextSink(std::size_t limit) : room_(limit) {}

  // One piece of clean UTF-8 text; pieces are kept apart by a line end.
  void add(std::string_view text);

  std::size_t room() const { return room_; }
  bool is_over() const { return is_over_; }

  // Between begin_alternative() and end_alternatives(), lines whose words an earlier alternative
  // holds in the same order are left out.
  std::size_t begin_alternatives() const { return text_.size(); }
  void begin_alternative() { alternative_ = text_.size(); }
  void end_alternative(std::size_t first);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t room_;
  std::size_t alternative_ = 0;
  bool is_over_ = false;
};

}  // namespace mailkeep::message
