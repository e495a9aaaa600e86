// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What of a text a query has found. Private to indexer/.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/search/patience.h"
#include "indexer/search/search_result.h"

namespace mailkeep::search {

inline constexpr std::size_t kMaxMarks = 5'000;

// Words of the text, not those that were searched for in other fields only.
struct Highlights {
  using Words = std::set<std::string, std::less<>>;
  Words words;                       // as indexed
  Words beginnings;                  // of words
  Words phrase_words;                // as indexed; worth showing only if no phrase is there
  std::vector<std::string> phrases;  // as typed
};

bool is_wanted(const std::string& word, const Highlights& highlights);

// Ascending; what overlaps is one range. At most kMaxMarks, the first ones. Throws OutOfTime: a
// thousand phrases that end alike are tried at each such word.
std::vector<TextRange> find_marks(std::string_view text, const Highlights& highlights,
                                  Patience& patience);

}  // namespace mailkeep::search
