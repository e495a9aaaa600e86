// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/highlight.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "indexer/search/text_words.h"

namespace mailkeep::search {
namespace {

using Phrase = std::vector<FoundWord>;

// Watches the words go by for phrases that end with the last one.
class PhraseWatch {
 public:
  PhraseWatch(const std::vector<std::string>& phrases, Patience& patience) : patience_(patience) {
    for (const std::string& text : phrases) {
      Phrase phrase = words_of(text);
      if (phrase.empty()) continue;
      longest_ = std::max(longest_, phrase.size());
      std::string end = phrase.back().word;
      by_end_.emplace(std::move(end), std::move(phrase));
    }
  }

  // Calls visit(TextRange) for each phrase that is complete now.
  template <class Visit>
  void see(const FoundWord& word, Visit&& visit) {
    if (longest_ == 0) return;
    seen_.push_back(word);
    if (seen_.size() > longest_) seen_.pop_front();
    const auto [from, to] = by_end_.equal_range(word.word);
    for (auto at = from; at != to; ++at) {
      patience_.tick();
      if (const FoundWord* first = first_of(at->second))
        visit(TextRange{first->range.begin, word.range.end});
    }
  }

 private:
  const FoundWord* first_of(const Phrase& phrase) const {
    if (phrase.size() > seen_.size()) return nullptr;
    const auto first = seen_.end() - static_cast<long>(phrase.size());
    const bool is_here =
        std::equal(phrase.begin(), phrase.end(), first,
                   [](const FoundWord& a, const FoundWord& b) { return a.word == b.word; });
    return is_here ? &*first : nullptr;
  }

  Patience& patience_;
  std::multimap<std::string, Phrase, std::less<>> by_end_;
  std::deque<FoundWord> seen_;
  std::size_t longest_ = 0;
};

void add_mark(std::vector<TextRange>& marks, TextRange mark) {
  while (!marks.empty() && marks.back().end >= mark.begin) {
    mark.begin = std::min(mark.begin, marks.back().begin);
    mark.end = std::max(mark.end, marks.back().end);
    marks.pop_back();
  }
  marks.push_back(mark);
}

}  // namespace

std::vector<FoundWord> words_of(std::string_view text) {
  std::vector<FoundWord> words;
  each_word(text, [&](const FoundWord& found) {
    words.push_back(found);
    return true;
  });
  return words;
}

bool is_wanted(const std::string& word, const Highlights& highlights) {
  if (highlights.words.contains(word)) return true;
  if (highlights.beginnings.empty()) return false;
  for (std::size_t size = 1; size <= word.size(); ++size)
    if (highlights.beginnings.contains(std::string_view(word).substr(0, size))) return true;
  return false;
}

std::vector<TextRange> find_marks(std::string_view text, const Highlights& highlights,
                                  Patience& patience) {
  PhraseWatch phrases(highlights.phrases, patience);
  std::vector<TextRange> marks;
  each_word(text, [&](const FoundWord& found) {
    phrases.see(found, [&](TextRange range) { add_mark(marks, range); });
    if (is_wanted(found.word, highlights)) add_mark(marks, found.range);
    return marks.size() <= kMaxMarks;
  });
  if (marks.size() > kMaxMarks) marks.resize(kMaxMarks);
  return marks;
}

}  // namespace mailkeep::search
