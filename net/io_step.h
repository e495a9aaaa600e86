// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// IoStep: what one attempt to read or write on a non-blocking socket brought.

#include <cstddef>

namespace mailkeep::net {

// Bytes, or the poll(2) events to wait for, or the orderly end.
struct IoStep {
  std::size_t bytes = 0;
  short events = 0;
  bool is_end = false;
};

}  // namespace mailkeep::net
