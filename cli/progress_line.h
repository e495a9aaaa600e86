// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ProgressLine: one line that is rewritten on a terminal, nothing elsewhere. Any thread may call.

#include <chrono>
#include <string>
#include <string_view>

#include "common/guarded.h"

namespace mailkeep::cli {

class ProgressLine {
 public:
  explicit ProgressLine(bool is_wanted = true);
  ~ProgressLine() { clear(); }

  bool is_shown() const { return is_terminal_; }
  // At most ten times a second; text is already printable.
  void show(std::string_view text);
  void clear();

 private:
  struct State {
    std::chrono::steady_clock::time_point last{};
    bool is_dirty = false;
  };
  bool is_terminal_;
  common::Guarded<State> state_;
};

}  // namespace mailkeep::cli
