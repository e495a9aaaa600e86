// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/snippet.h"

#include <algorithm>

#include "common/printable.h"

namespace mailkeep::search {
namespace {

using Xapian::Utf8Iterator;

constexpr std::size_t kCharactersBefore = 60;

bool is_wanted(const std::string& word, const Highlights& highlights) {
  return highlights.words.contains(word) ||
         std::any_of(highlights.beginnings.begin(), highlights.beginnings.end(),
                     [&](const std::string& beginning) { return word.starts_with(beginning); });
}

// Where the first wanted word begins; 0 if there is none. CJK text has no words, so there every
// character may begin one.
std::size_t first_match(std::string_view text, const Highlights& highlights) {
  const Utf8Iterator end;
  std::string word;
  const char* word_begin = text.data();
  for (Utf8Iterator at(text.data(), text.size());; ++at) {
    const bool is_end = at == end;
    const unsigned c = is_end ? 0 : *at;
    const bool is_word = !is_end && c != '_' && Xapian::Unicode::is_wordchar(c);
    const bool is_cjk = c >= 0x2e80;
    if (!word.empty() && (!is_word || is_cjk)) {
      if (is_wanted(word, highlights)) return static_cast<std::size_t>(word_begin - text.data());
      word.clear();
    }
    if (is_end) return 0;
    if (!is_word) continue;
    if (word.empty()) word_begin = at.raw();
    Xapian::Unicode::append_utf8(word, Xapian::Unicode::tolower(c));
  }
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

std::string make_snippet(std::string_view text, const Highlights& highlights) {
  const std::size_t match = first_match(text, highlights);
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
