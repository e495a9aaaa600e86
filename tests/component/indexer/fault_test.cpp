// SPDX-License-Identifier: GPL-3.0-or-later
// What a page needs to point at a word: faults in a query, and what was found in a text.
#include <fmt/format.h>

#include "tests/component/indexer/written_index.h"

namespace mailkeep::indexer {
namespace {

using search::QueryFault;
using search::TextRange;

class Pointing : public WrittenIndex {
 protected:
  std::string put_text(const std::string& text, const std::string& subject = "") {
    message::ParsedMessage message;
    message.text = text;
    message.subject = subject;
    return put(message);
  }

  // The marked words, with bars between them.
  std::string marked(const std::string& query, const std::string& text) {
    const auto ranges = open_searcher().find_highlights(query, text);
    EXPECT_TRUE(ranges) << ranges.error().text;
    std::string words;
    for (const TextRange& range : *ranges)
      words += (words.empty() ? "" : "|") + text.substr(range.begin, range.end - range.begin);
    return words;
  }
};

TEST_F(Pointing, FindsTheFaultOfTheLastQuestion) {
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += fmt::format("w{} ", i);
  put_text(many);
  commit();
  auto searcher = open_searcher();
  EXPECT_FALSE(searcher.search("größe foo:bar", {}));
  ASSERT_TRUE(searcher.fault());
  EXPECT_EQ(searcher.fault()->word, "foo:bar");
  EXPECT_EQ(searcher.fault()->position, 7U);
  EXPECT_EQ(searcher.fault()->length, 7U);
  EXPECT_TRUE(searcher.fault()->reason.starts_with("unknown field 'foo'; known fields: "));

  EXPECT_FALSE(searcher.count("größe OR w*"));
  EXPECT_EQ(searcher.fault(),
            (QueryFault{"w*", 10, 2, "more than 10000 words begin so; type more letters"}));
  EXPECT_FALSE(searcher.ids("x \"...\""));
  EXPECT_EQ(searcher.fault(),
            (QueryFault{"\"...\"", 3, 5, "there is no word in it that is indexed"}));
  EXPECT_FALSE(searcher.find_highlights("(", "text"));
  EXPECT_EQ(searcher.fault(), (QueryFault{"(", 1, 1, "the bracket is not closed"}));

  EXPECT_TRUE(searcher.count("w1*"));
  EXPECT_FALSE(searcher.fault());
}

TEST_F(Pointing, RefusesWhatAllWordsTogetherStandFor) {
  std::string many;
  for (int i = 0; i < 9'990; ++i) many += fmt::format("w{} ", i);
  put_text(many);
  commit();
  std::string query = "w* OR w*";
  auto searcher = open_searcher();
  EXPECT_TRUE(searcher.count(query));
  query += " OR w*";
  EXPECT_FALSE(searcher.count(query));
  ASSERT_TRUE(searcher.fault());
  EXPECT_EQ(searcher.fault()->position, query.size() - 1);
}

TEST_F(Pointing, MarksWordsTheirFamiliesBeginningsAndPhrases) {
  put_text("The invoices were paid by invoice.");
  commit();
  const std::string text = "Invoices (INVOICE), pay the final offer; the offer is final.";
  EXPECT_EQ(marked("invoice", text), "Invoices|INVOICE");
  EXPECT_EQ(marked("=invoice", text), "INVOICE");
  EXPECT_EQ(marked("invoi* OR pa*", text), "Invoices|INVOICE|pay");
  EXPECT_EQ(marked("\"final offer\"", text), "final offer");
  EXPECT_EQ(marked("\"final offer\" OR \"offer the\" OR \"the final\"", text),
            "the final offer; the");
  EXPECT_EQ(marked("subject:offer -pay", text), "");
  EXPECT_EQ(marked("offer NEAR/3 final", text), "final|offer|offer|final");
  EXPECT_EQ(marked("*", text), "");
  EXPECT_EQ(marked("3.50 OR U.S.", "He paid 3.50 in the U.S. of 50"), "3.50|U.S");
  EXPECT_EQ(marked("don't", "I don't, don t"), "don't|don t");
}

TEST_F(Pointing, CountsInCodePoints) {
  put_text("x");
  commit();
  auto searcher = open_searcher();
  // A letter of two UTF-16 units, an umlaut of two bytes.
  EXPECT_EQ(searcher.find_highlights("größe", "𝔘ä Größe größe").value(),
            (std::vector<TextRange>{{3, 8}, {9, 14}}));
  EXPECT_EQ(searcher.find_highlights("東京", "私は東京都").value(),
            (std::vector<TextRange>{{2, 4}}));
  EXPECT_TRUE(searcher.find_highlights("word", "").value().empty());
  std::string many;
  for (int i = 0; i < 6'000; ++i) many += "word ";
  EXPECT_EQ(searcher.find_highlights("word", many)->size(), 5'000U);
}

TEST_F(Pointing, MarksTheSnippetOfAHit) {
  std::string filler;
  for (int i = 0; i < 200; ++i) filler += "füller ";
  put_text(filler + "the needles and a needle in hay");
  commit();
  const auto found = search("needle hay");
  ASSERT_EQ(found.hits.size(), 1U);
  std::u32string snippet;
  const std::string& bytes = found.hits[0].snippet;
  for (const char c : bytes)
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U)
      snippet.push_back(static_cast<unsigned char>(c));
  std::vector<std::u32string> words;
  for (const TextRange& range : found.hits[0].highlights)
    words.push_back(snippet.substr(range.begin, range.end - range.begin));
  EXPECT_EQ(words, (std::vector<std::u32string>{U"needles", U"needle", U"hay"}));
  search::SearchOptions plain;
  plain.with_snippets = false;
  EXPECT_TRUE(search("needle", plain).hits.at(0).highlights.empty());
}

}  // namespace
}  // namespace mailkeep::indexer
