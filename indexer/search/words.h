// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Words: how text is cut into words, the same for writing and for asking. Private to indexer/.

#include <xapian.h>

#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::search {

// No stemmer, positions, n-grams for Chinese, Japanese and Korean, words up to kMaxWordBytes.
Xapian::TermGenerator word_cutter();

// Every text goes through here, on both sides. Underscores and apostrophes part words, as in
// "Report_2024.pdf" and "l'été".
void add_words(Xapian::TermGenerator& cutter, std::string_view text, std::string_view prefix);

struct Words {
  std::vector<std::string> in_order;  // words at consecutive positions
  std::vector<std::string> anywhere;  // pairs of CJK characters, which have no position
};

Words cut_words(std::string_view text);

}  // namespace mailkeep::search
