// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// QueryBuilder: a query's tree over one index. Words are widened here to the family of their stem,
// with the words the index really holds. Private to indexer/.

#include <xapian.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "indexer/search/highlight.h"
#include "indexer/search/patience.h"
#include "indexer/search/query_syntax.h"
#include "indexer/search/search_result.h"
#include "indexer/search/words.h"

namespace mailkeep::search {

inline constexpr std::size_t kMaxExpansion = 10'000;  // words that one "abc*" may stand for

// Xapian needs about a second to set up a match of so many, and looks at no clock meanwhile.
inline constexpr std::size_t kMaxQueryTerms = 20'000;  // that all words together may stand for

class QueryBuilder {
 public:
  // Database and patience outlive the query that is built. Throws OutOfTime. Where a message lies
  // outside of the scope makes no difference to any query.
  QueryBuilder(const Xapian::Database& database, Patience& patience, Scope scope = {})
      : database_(database), patience_(patience), scope_(std::move(scope)) {}

  common::Result<Xapian::Query> build(const QueryNode& node);
  const Highlights& highlights() const { return highlights_; }
  // Why build() has refused the query.
  const std::optional<QueryFault>& fault() const { return fault_; }

 private:
  using Terms = std::vector<std::string>;

  common::Result<Xapian::Query> build_words(const QueryNode& node);
  common::Result<Xapian::Query> build_prefix(const QueryNode& node);
  common::Result<Xapian::Query> build_value(const QueryNode& node);
  common::Result<Xapian::Query> build_place(const QueryNode& node);
  common::Result<Xapian::Query> build_near(const QueryNode& node);
  common::Result<Xapian::Query> build_and(const QueryNode& node);
  common::Result<Xapian::Query> build_or(const QueryNode& node);
  common::Result<Xapian::Query> build_not(const QueryNode& node);

  tl::unexpected<common::Error> refused(const QueryNode& node, std::string_view reason);
  bool are_all_known(const Terms& terms);
  Xapian::Query phrase(std::string_view prefix, const Words& words);
  // Of the accounts in scope: what their terms of this place, or of places that begin so, are.
  Terms own_accounts(const QueryNode& node) const;
  common::Result<Terms> own_places(const QueryNode& node);
  common::Status add_term(std::string term, const QueryNode& node, Terms& terms);
  // Snippets show the text, and nothing inside NOT is worth showing.
  bool is_shown(const Field* field) const;
  common::Result<Xapian::Query> any_of_word(const QueryNode& node, const std::string& word);
  common::Status add_expansion(const std::string& beginning, const QueryNode& node, Terms& terms);
  common::Status add_family(std::string_view prefix, const std::string& word, const QueryNode& node,
                            Terms& terms);

  const Xapian::Database& database_;
  Patience& patience_;
  Scope scope_;
  Xapian::Stem stem_{"english"};
  Highlights highlights_;
  std::optional<QueryFault> fault_;
  std::size_t terms_ = 0;
  unsigned negations_ = 0;
};

}  // namespace mailkeep::search
