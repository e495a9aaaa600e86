// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/query_build.h"

#include <algorithm>

#include "common/encoding.h"
#include "indexer/search/query_ranges.h"
#include "indexer/search/schema.h"
#include "indexer/search/text_words.h"

namespace mailkeep::search {
namespace {

using common::Result;
using Kind = QueryNode::Kind;
using Xapian::Query;

// Families of shorter words would walk through half the vocabulary.
constexpr std::size_t kMinFamilyBytes = 3;
constexpr std::size_t kMinSharedBytes = 2;

std::vector<std::string_view> prefixes_of(const QueryNode& node) {
  if (node.field != nullptr) return {node.field->prefix};
  std::vector<std::string_view> prefixes;
  for (const Field& field : fields())
    if (field.kind == FieldKind::Text) prefixes.push_back(field.prefix);
  return prefixes;
}

bool is_latin_word(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::size_t shared_bytes(const std::string& a, const std::string& b) {
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(ends.first - a.begin());
}

std::string joined(std::string_view prefix, const std::string& word) {
  return std::string(prefix) + word;
}

std::string be64(std::int64_t value) {
  std::string bytes;
  common::put_u64(bytes, static_cast<std::uint64_t>(value));
  return bytes;
}

// kSlotOrder holds seconds + 1 and then the id, so `to` itself is the last number wanted, with any
// id.
Query date_query(const QueryNode& node) {
  if (node.to <= node.from) return Query::MatchNothing;
  const std::string last = node.to == kNoEnd ? std::string(8, '\xff') : be64(node.to);
  return {Query::OP_VALUE_RANGE, kSlotOrder, be64(std::max<std::int64_t>(node.from, 0) + 1),
          last + std::string(33, '\xff')};
}

Query size_query(const QueryNode& node) {
  if (node.to <= node.from) return Query::MatchNothing;
  return {Query::OP_VALUE_RANGE, kSlotSize, be64(node.from), be64(node.to - 1)};
}

Query without_weight(const Query& query) { return {Query::OP_SCALE_WEIGHT, query, 0.0}; }

}  // namespace

tl::unexpected<common::Error> QueryBuilder::refused(const QueryNode& node,
                                                    std::string_view reason) {
  return query_error(node.source, node.position, reason, &fault_);
}

// Xapian takes quadratic time to set up alternatives that are never true.
bool QueryBuilder::are_all_known(const Terms& terms) {
  return std::all_of(terms.begin(), terms.end(), [this](const std::string& term) {
    patience_.tick();
    return database_.term_exists(term);
  });
}

// The tick: rows of common words are tried in many documents and found in few.
Query QueryBuilder::phrase(std::string_view prefix, const Words& words) {
  Terms terms;
  for (const std::string& word : words.in_order) terms.push_back(joined(prefix, word));
  if (!are_all_known(terms)) return Query::MatchNothing;
  Query query(Query::OP_PHRASE, terms.begin(), terms.end(),
              static_cast<Xapian::termcount>(terms.size()));
  for (const std::string& pair : words.anywhere)
    query = Query(Query::OP_FILTER, query, Query(joined(prefix, pair)));
  return {Query::OP_FILTER, query, ticking(patience_)};
}

common::Status QueryBuilder::add_term(std::string term, const QueryNode& node, Terms& terms) {
  if (++terms_ > kMaxQueryTerms)
    return refused(node, fmt::format("with it the query stands for more than {} words; type more "
                                     "letters or fewer words",
                                     kMaxQueryTerms));
  terms.push_back(std::move(term));
  return {};
}

Result<Query> QueryBuilder::build(const QueryNode& node) {
  if (scope_ && node.field != nullptr && is_of_place(node.field->id)) return build_place(node);
  switch (node.kind) {
    case Kind::Everything:
      return Query::MatchAll;
    case Kind::And:
      return build_and(node);
    case Kind::Or:
      return build_or(node);
    case Kind::Not:
      return build_not(node);
    case Kind::Near:
      return build_near(node);
    case Kind::Date:
      return date_query(node);
    case Kind::Size:
      return size_query(node);
    case Kind::Prefix:
      return build_prefix(node);
    case Kind::Words:
    case Kind::Exact:
      break;
  }
  const bool is_text = node.field == nullptr || node.field->kind == FieldKind::Text;
  return is_text ? build_words(node) : build_value(node);
}

Result<Query> QueryBuilder::build_words(const QueryNode& node) {
  const Words words = cut_words(node.text);
  if (words.in_order.empty()) return refused(node, "there is no word in it that is indexed");
  if (words.in_order.size() == 1 && words.anywhere.empty())
    return any_of_word(node, words.in_order.front());
  if (is_shown(node.field)) {
    highlights_.phrase_words.insert(words.in_order.begin(), words.in_order.end());
    highlights_.phrases.push_back(node.text);
  }
  std::vector<Query> phrases;
  for (const std::string_view prefix : prefixes_of(node)) phrases.push_back(phrase(prefix, words));
  return Query(Query::OP_OR, phrases.begin(), phrases.end());
}

bool QueryBuilder::is_shown(const Field* field) const {
  return negations_ == 0 && (field == nullptr || field->id == FieldId::Body);
}

Result<Query> QueryBuilder::any_of_word(const QueryNode& node, const std::string& word) {
  Terms terms;
  for (const std::string_view prefix : prefixes_of(node)) {
    std::string term = joined(prefix, word);
    if (database_.term_exists(term)) MAILKEEP_CHECKED(add_term(std::move(term), node, terms));
    if (node.kind == Kind::Words) MAILKEEP_CHECKED(add_family(prefix, word, node, terms));
  }
  if (is_shown(node.field)) {
    highlights_.words.insert(word);
    // One word of the index, such as 3.50 or U.S., that is several on the page.
    if (words_of(node.text).size() > 1) highlights_.phrases.push_back(node.text);
  }
  return Query(Query::OP_SYNONYM, terms.begin(), terms.end());
}

// Members of a family begin alike as far as the word and its stem do ("happy", stem "happi").
common::Status QueryBuilder::add_family(std::string_view prefix, const std::string& word,
                                        const QueryNode& node, Terms& terms) {
  if (word.size() < kMinFamilyBytes || !is_latin_word(word)) return {};
  const std::string stem = stem_(word);
  const std::size_t shared = shared_bytes(word, stem);
  if (shared < kMinSharedBytes) return {};
  const std::string beginning = joined(prefix, word.substr(0, shared));
  const auto end = database_.allterms_end(beginning);
  for (auto term = database_.allterms_begin(beginning); term != end; ++term) {
    patience_.tick();
    const std::string member = (*term).substr(prefix.size());
    if (member == word || !is_latin_word(member) || stem_(member) != stem) continue;
    MAILKEEP_CHECKED(add_term(*term, node, terms));
    if (is_shown(node.field) && prefix == field_of(FieldId::Body).prefix)
      highlights_.words.insert(member);
  }
  return {};
}

Result<Query> QueryBuilder::build_prefix(const QueryNode& node) {
  const bool is_text = node.field == nullptr || node.field->kind == FieldKind::Text;
  Terms terms;
  if (!is_text) {
    const std::string value = fold_case(node.text);
    MAILKEEP_CHECKED(add_expansion(joined(node.field->prefix, value), node, terms));
    return without_weight(Query(Query::OP_OR, terms.begin(), terms.end()));
  }
  const Words words = cut_words(node.text);
  if (words.in_order.size() != 1 || !words.anywhere.empty())
    return refused(node, "'*' is possible only after a single word");
  const std::string& beginning = words.in_order.front();
  for (const std::string_view prefix : prefixes_of(node))
    MAILKEEP_CHECKED(add_expansion(joined(prefix, beginning), node, terms));
  if (is_shown(node.field)) highlights_.beginnings.insert(beginning);
  return Query(Query::OP_SYNONYM, terms.begin(), terms.end());
}

common::Status QueryBuilder::add_expansion(const std::string& beginning, const QueryNode& node,
                                           Terms& terms) {
  const auto end = database_.allterms_end(beginning);
  for (auto term = database_.allterms_begin(beginning); term != end; ++term) {
    if (terms.size() == kMaxExpansion)
      return refused(node,
                     fmt::format("more than {} words begin so; type more letters", kMaxExpansion));
    patience_.tick();
    MAILKEEP_CHECKED(add_term(*term, node, terms));
  }
  return {};
}

Result<Query> QueryBuilder::build_value(const QueryNode& node) {
  const std::string term = node.field->kind == FieldKind::Digest
                               ? unique_term(node.text)
                               : boolean_term(node.field->id, node.text);
  return without_weight(Query(term));
}

QueryBuilder::Terms QueryBuilder::own_accounts(const QueryNode& node) const {
  const bool is_beginning = node.kind == Kind::Prefix;
  const std::string wanted = is_beginning ? joined(node.field->prefix, fold_case(node.text))
                                          : boolean_term(FieldId::Account, node.text);
  Terms terms;
  for (const std::string& account : *scope_) {
    std::string term = boolean_term(FieldId::Account, account);
    if (is_beginning ? term.starts_with(wanted) : term == wanted) terms.push_back(std::move(term));
  }
  return terms;
}

Result<QueryBuilder::Terms> QueryBuilder::own_places(const QueryNode& node) {
  Terms terms;
  for (const std::string& account : *scope_) {
    const std::string prefix = account_prefix(account);
    if (node.kind == Kind::Prefix) {
      const std::string beginning = joined(node.field->prefix, fold_case(node.text));
      MAILKEEP_CHECKED(add_expansion(prefix + beginning, node, terms));
      continue;
    }
    patience_.tick();
    std::string term = prefix + boolean_term(node.field->id, node.text);
    if (database_.term_exists(term)) MAILKEEP_CHECKED(add_term(std::move(term), node, terms));
  }
  return terms;
}

Result<Query> QueryBuilder::build_place(const QueryNode& node) {
  Terms terms;
  if (node.field->id == FieldId::Account) {
    terms = own_accounts(node);
  } else {
    MAILKEEP_TRY(places, own_places(node));
    terms = std::move(places);
  }
  return without_weight(Query(Query::OP_OR, terms.begin(), terms.end()));
}

Result<Query> QueryBuilder::build_near(const QueryNode& node) {
  Terms words;
  for (const QueryNode& child : node.children) {
    const Words cut = cut_words(child.text);
    if (cut.in_order.size() != 1 || !cut.anywhere.empty())
      return refused(child, "NEAR takes single words");
    words.push_back(cut.in_order.front());
  }
  if (is_shown(node.children.front().field)) highlights_.words.insert(words.begin(), words.end());
  const auto window = static_cast<Xapian::termcount>(node.distance + words.size() - 1);
  std::vector<Query> in_fields;
  for (const std::string_view prefix : prefixes_of(node.children.front())) {
    Terms terms;
    for (const std::string& word : words) terms.push_back(joined(prefix, word));
    if (!are_all_known(terms)) continue;
    in_fields.emplace_back(Query::OP_FILTER,
                           Query(Query::OP_NEAR, terms.begin(), terms.end(), window),
                           ticking(patience_));
  }
  return Query(Query::OP_OR, in_fields.begin(), in_fields.end());
}

Result<Query> QueryBuilder::build_and(const QueryNode& node) {
  std::vector<Query> wanted;
  std::vector<Query> unwanted;
  for (const QueryNode& child : node.children) {
    const bool is_not = child.kind == Kind::Not;
    negations_ += is_not ? 1 : 0;
    auto query = build(is_not ? child.children.front() : child);
    negations_ -= is_not ? 1 : 0;
    if (!query) return query;
    (is_not ? unwanted : wanted).push_back(std::move(*query));
  }
  Query query =
      wanted.empty() ? Query::MatchAll : Query(Query::OP_AND, wanted.begin(), wanted.end());
  if (unwanted.empty()) return query;
  query = Query(Query::OP_FILTER, query, ticking(patience_));
  return Query(Query::OP_AND_NOT, query, Query(Query::OP_OR, unwanted.begin(), unwanted.end()));
}

Result<Query> QueryBuilder::build_or(const QueryNode& node) {
  std::vector<Query> parts;
  for (const QueryNode& child : node.children) {
    MAILKEEP_TRY(part, build(child));
    parts.push_back(std::move(part));
  }
  return Query(Query::OP_OR, parts.begin(), parts.end());
}

Result<Query> QueryBuilder::build_not(const QueryNode& node) {
  ++negations_;
  auto unwanted = build(node.children.front());
  --negations_;
  if (!unwanted) return unwanted;
  const Query all(Query::OP_FILTER, Query::MatchAll, ticking(patience_));
  return Query(Query::OP_AND_NOT, all, *unwanted);
}

}  // namespace mailkeep::search
