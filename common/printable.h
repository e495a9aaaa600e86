// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Bytes from strangers made fit for people: valid UTF-8, and no control characters on a terminal.

#include <string>
#include <string_view>

namespace mailkeep::common {

bool is_valid_utf8(std::string_view bytes);

// Each ill-formed sequence becomes one U+FFFD (Unicode 15, §3.9, maximal subparts).
std::string to_utf8_lossy(std::string_view bytes);

// to_utf8_lossy, then control characters (C0, DEL, C1) and bidirectional overrides written as \x1b
// or \u202e, so that a hostile name cannot move the cursor or reverse the line.
std::string printable(std::string_view bytes);

}  // namespace mailkeep::common
