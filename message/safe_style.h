// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Inline styles from strangers, reduced to declarations that only dress text. Private to message/.

#include <string>
#include <string_view>

namespace mailkeep::message {

// The declarations that are allowed, in one form: lower case but for font names, single spaces.
// What comes out goes through again unchanged.
std::string safe_style(std::string_view style);

// A colour: a name, #hex of any usual length, or six hex digits as old pages write them.
bool is_colour(std::string_view value);

// Font names in a list, as in font-family.
std::string safe_fonts(std::string_view value);

}  // namespace mailkeep::message
