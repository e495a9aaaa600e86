// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The words of a text as people see them, with their places, to show what was found. Private to
// indexer/.

#include <xapian.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/search/search_result.h"

namespace mailkeep::search {

struct FoundWord {
  std::string word;  // in lower case
  std::size_t at;    // its first byte
  TextRange range;   // in code points
};

// Calls visit(FoundWord) for each word; it returns whether to go on. CJK text has no words, so
// there every character is one.
template <class Visit>
void each_word(std::string_view text, Visit&& visit) {
  const Xapian::Utf8Iterator end;
  FoundWord found{};
  std::size_t character = 0;
  for (Xapian::Utf8Iterator at(text.data(), text.size());; ++at, ++character) {
    const bool is_end = at == end;
    const unsigned c = is_end ? 0 : *at;
    const bool is_word = !is_end && c != '_' && Xapian::Unicode::is_wordchar(c);
    const bool is_cjk = c >= 0x2e80;
    if (!found.word.empty() && (!is_word || is_cjk)) {
      found.range.end = character;
      if (!visit(std::as_const(found))) return;
      found.word.clear();
    }
    if (is_end) return;
    if (!is_word) continue;
    if (found.word.empty()) {
      found.at = static_cast<std::size_t>(at.raw() - text.data());
      found.range.begin = character;
    }
    Xapian::Unicode::append_utf8(found.word, Xapian::Unicode::tolower(c));
  }
}

std::vector<FoundWord> words_of(std::string_view text);

}  // namespace mailkeep::search
