// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/snippet.h"

#include <algorithm>
#include <vector>

#include "common/printable.h"
#include "indexer/search/text_words.h"

namespace mailkeep::search {
namespace {

constexpr std::size_t kCharactersBefore = 60;

// Where the first phrase stands, else the first wanted word; 0 if there is none.
std::size_t first_match(std::string_view text, const Highlights& highlights, Patience& patience) {
  const std::vector<FoundWord> words = words_of(text);
  for (const std::string& phrase : highlights.phrases) {
    const std::vector<FoundWord> wanted = words_of(phrase);
    const auto found = std::search(words.begin(), words.end(), wanted.begin(), wanted.end(),
                                   [&patience](const FoundWord& a, const FoundWord& b) {
                                     patience.tick();
                                     return a.word == b.word;
                                   });
    if (found != words.end()) return found->at;
  }
  const auto found = std::find_if(words.begin(), words.end(), [&](const FoundWord& found_word) {
    return is_wanted(found_word.word, highlights) ||
           highlights.phrase_words.contains(found_word.word);
  });
  return found == words.end() ? 0 : found->at;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

std::size_t back_by(std::string_view text, std::size_t at, std::size_t characters) {
  while (at > 0 && characters > 0)
    if (begins_character(text[--at])) --characters;
  return at;
}

std::size_t forward_by(std::string_view text, std::size_t at, std::size_t characters) {
  while (at < text.size() && characters > 0) {
    do {
      ++at;
    } while (at < text.size() && !begins_character(text[at]));
    --characters;
  }
  return at;
}

}  // namespace

std::string make_snippet(std::string_view text, const Highlights& highlights, Patience& patience) {
  const std::size_t match = first_match(text, highlights, patience);
  std::size_t from = back_by(text, match, kCharactersBefore);
  // Begin with a whole word where there is one.
  if (from > 0) {
    const std::size_t space = text.find(' ', from);
    if (space != std::string_view::npos && space < match) from = space + 1;
  }
  const std::size_t to = forward_by(text, from, kSnippetCharacters);
  return common::to_utf8_lossy(text.substr(from, to - from));
}

}  // namespace mailkeep::search
