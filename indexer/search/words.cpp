// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/words.h"

#include <map>

#include "indexer/search/schema.h"

namespace mailkeep::search {

namespace {

// What Xapian takes for a part of a word, but people do not: "Report_2024", "l'étalonnage" with
// U+0027, U+2019 or U+201B.
constexpr std::string_view kPartingMarks[] = {"_", "'", "\u2019", "\u201b"};

}  // namespace

Xapian::TermGenerator word_cutter() {
  Xapian::TermGenerator cutter;
  cutter.set_flags(Xapian::TermGenerator::FLAG_CJK_NGRAM);
  cutter.set_max_word_length(kMaxWordBytes);
  return cutter;
}

void add_words(Xapian::TermGenerator& cutter, std::string_view text, std::string_view prefix) {
  std::string words(text);
  for (const std::string_view mark : kPartingMarks)
    for (auto at = words.find(mark); at != std::string::npos; at = words.find(mark, at))
      words.replace(at, mark.size(), mark.size(), ' ');
  cutter.index_text(words, 1, std::string(prefix));
}

// Asking the generator itself is the only way to agree with it on every script and punctuation
// mark.
Words cut_words(std::string_view text) {
  Xapian::TermGenerator cutter = word_cutter();
  Xapian::Document document;
  cutter.set_document(document);
  add_words(cutter, text, {});
  Words words;
  std::map<Xapian::termpos, std::string> by_position;
  for (auto term = document.termlist_begin(); term != document.termlist_end(); ++term) {
    if (term.positionlist_count() == 0) words.anywhere.push_back(*term);
    for (auto at = term.positionlist_begin(); at != term.positionlist_end(); ++at)
      by_position.emplace(*at, *term);
  }
  for (auto& [position, word] : by_position) words.in_order.push_back(std::move(word));
  return words;
}

}  // namespace mailkeep::search
