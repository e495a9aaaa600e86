// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// QueryBuilder: a query's tree over one index. Words are widened here to the family of their stem,
// with the words the index really holds. Private to indexer/.

#include <xapian.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "indexer/search/query_syntax.h"

namespace mailkeep::search {

inline constexpr std::size_t kMaxExpansion = 10'000;  // words that one "abc*" may stand for

// What a snippet should be cut around: words of the text, not those of other fields only.
struct Highlights {
  std::set<std::string, std::less<>> words;  // as indexed
  std::vector<std::string> beginnings;
  std::vector<std::string> phrases;  // as typed
};

class QueryBuilder {
 public:
  explicit QueryBuilder(const Xapian::Database& database) : database_(database) {}

  common::Result<Xapian::Query> build(const QueryNode& node);
  const Highlights& highlights() const { return highlights_; }

 private:
  using Terms = std::vector<std::string>;

  common::Result<Xapian::Query> build_words(const QueryNode& node);
  common::Result<Xapian::Query> build_prefix(const QueryNode& node);
  common::Result<Xapian::Query> build_value(const QueryNode& node);
  common::Result<Xapian::Query> build_near(const QueryNode& node);
  common::Result<Xapian::Query> build_and(const QueryNode& node);
  common::Result<Xapian::Query> build_or(const QueryNode& node);
  common::Result<Xapian::Query> build_not(const QueryNode& node);

  // Snippets show the text, and nothing inside NOT is worth showing.
  bool is_shown(const Field* field) const;
  Xapian::Query any_of_word(const QueryNode& node, const std::string& word);
  common::Status add_expansion(const std::string& beginning, const QueryNode& node, Terms& terms);
  void add_family(std::string_view prefix, const std::string& word, Terms& terms);

  const Xapian::Database& database_;
  Xapian::Stem stem_{"english"};
  Highlights highlights_;
  unsigned negations_ = 0;
};

}  // namespace mailkeep::search
