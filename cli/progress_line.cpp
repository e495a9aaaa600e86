// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace mailkeep::cli {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);

std::size_t terminal_columns() {
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10;
  return is_known ? size.ws_col : 80;
}

}  // namespace

ProgressLine::ProgressLine(bool is_wanted)
    : is_terminal_(is_wanted && isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(std::string_view text) {
  if (!is_terminal_) return;
  state_.with([&](State& state) {
    const auto now = std::chrono::steady_clock::now();
    if (now - state.last < kInterval) return;
    state.last = now;
    state.is_dirty = true;
    fmt::print(stderr, "\r\x1b[K{}", text.substr(0, terminal_columns() - 1));
  });
}

void ProgressLine::clear() {
  if (!is_terminal_) return;
  state_.with([](State& state) {
    if (state.is_dirty) fmt::print(stderr, "\r\x1b[K");
    state.is_dirty = false;
  });
}

}  // namespace mailkeep::cli
