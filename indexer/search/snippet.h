// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A snippet: up to kSnippetCharacters of a text around the first phrase that was searched for, or
// the first word if it holds no phrase.
// Private to indexer/.

#include <string>
#include <string_view>

#include "indexer/search/highlight.h"

namespace mailkeep::search {

inline constexpr std::size_t kSnippetCharacters = 200;

// The text is one line of UTF-8; where nothing is found the snippet is its beginning.
// Throws OutOfTime.
std::string make_snippet(std::string_view text, const Highlights& highlights, Patience& patience);

}  // namespace mailkeep::search
