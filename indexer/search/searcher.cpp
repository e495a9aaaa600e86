// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/searcher.h"

#include <xapian.h>

#include <algorithm>
#include <utility>

#include "common/clock.h"
#include "common/encoding.h"
#include "indexer/search/hit_reader.h"
#include "indexer/search/index_reader.h"
#include "indexer/search/match_tally.h"
#include "indexer/search/patience.h"
#include "indexer/search/query_build.h"
#include "indexer/search/query_syntax.h"
#include "indexer/search/schema.h"
#include "indexer/search/thread_walk.h"

namespace mailkeep::search {
namespace {

using common::ErrorKind;
using common::Result;

constexpr std::size_t kOrderBytes = 40;

common::Micros now() { return common::SystemClock().now(); }

Xapian::Enquire enquire_for(const Xapian::Database& database, const Xapian::Query& query,
                            Sort sort) {
  Xapian::Enquire enquire(database);
  enquire.set_query(query);
  if (sort == Sort::Date) {
    enquire.set_weighting_scheme(Xapian::BoolWeight());
    enquire.set_sort_by_value(kSlotOrder, true);
  } else {
    enquire.set_weighting_scheme(Xapian::BM25Weight());
    enquire.set_sort_by_relevance_then_value(kSlotOrder, true);
  }
  return enquire;
}

// Around the user's query, so that nothing in it reaches beyond. What the terms let through, which
// know no case and no time, the tally then compares exactly.
Xapian::Query narrowed(Xapian::Query query, const Scope& scope, std::int64_t end) {
  using Xapian::Query;
  if (end <= 0) return Query::MatchNothing;
  if (end != View::kNow)
    query = Query(Query::OP_FILTER, query,
                  Query(Query::OP_VALUE_LE, kSlotPosition,
                        number_value(static_cast<std::uint64_t>(end) - 1)));
  if (!scope) return query;
  std::vector<std::string> terms;
  for (const std::string& account : *scope)
    terms.push_back(boolean_term(FieldId::Account, account));
  return {Query::OP_FILTER, query, Query(Query::OP_OR, terms.begin(), terms.end())};
}

common::Status check_options(const SearchOptions& options) {
  if (options.after.empty()) return {};
  if (options.sort != Sort::Date)
    return common::fail(ErrorKind::Usage,
                        "by relevance there are pages by offset only; leave out what they follow");
  if (options.after.size() != kOrderBytes)
    return common::fail(ErrorKind::Usage,
                        "the place to go on from is not one that a page has ended with");
  return {};
}

// By date, undated last, then by id.
bool is_older(const Hit& a, const Hit& b) {
  if (a.date.has_value() != b.date.has_value()) return a.date.has_value();
  return a.order < b.order;
}

}  // namespace

struct Searcher::Impl {
  IndexReader reader;
  std::optional<QueryFault> fault;

  const Xapian::Database& database() const { return reader.database(); }

  Result<QueryNode> parse(std::string_view query) {
    fault.reset();
    return parse_query(query, now(), &fault);
  }

  // Exact only if every document is looked at.
  Xapian::MSet whole(const Xapian::Enquire& enquire, std::uint64_t offset, std::uint64_t limit,
                     const MatchTally& tally) const {
    const Xapian::doccount all = database().get_doccount();
    const auto bounded = [&](std::uint64_t n) {
      return static_cast<Xapian::doccount>(std::min<std::uint64_t>(n, all));
    };
    return enquire.get_mset(bounded(offset), bounded(limit), all + 1, nullptr, &tally);
  }

  Result<Xapian::Query> build(QueryBuilder& builder, const QueryNode& node) {
    auto query = builder.build(node);
    fault = builder.fault();
    return query;
  }

  Result<SearchResult> search(const QueryNode& node, const SearchOptions& options) {
    Patience patience(options.patience);
    QueryBuilder builder(database(), patience, options.accounts);
    MAILKEEP_TRY(query, build(builder, node));
    SearchResult result;
    result.snapshot = reader.watermark();
    // All that is indexed was seen below the watermark.
    const bool is_past = options.snapshot && *options.snapshot < result.snapshot;
    if (is_past) result.snapshot = *options.snapshot;
    const std::int64_t end = is_past ? result.snapshot : View::kNow;
    const View view(options.accounts, end);
    const Xapian::Enquire enquire =
        enquire_for(database(), narrowed(query, options.accounts, end), options.sort);
    const MatchTally tally(view, options.after, options.with_facets, patience);
    const Xapian::MSet found = whole(enquire, options.offset, options.limit, tally);
    result.total = tally.total();
    if (options.with_facets) result.facets = tally.facets();
    const Marking marking{builder.highlights(), patience};
    const Marking* shown = options.with_snippets ? &marking : nullptr;
    for (auto at = found.begin(); at != found.end(); ++at) {
      MAILKEEP_TRY(hit, read_hit(at.get_document(), view, shown));
      result.hits.push_back(std::move(hit));
    }
    return result;
  }

  Result<std::vector<std::string>> ids(const QueryNode& node, const Scope& accounts) {
    Patience endless;
    QueryBuilder builder(database(), endless, accounts);
    MAILKEEP_TRY(query, build(builder, node));
    Xapian::Enquire enquire =
        enquire_for(database(), narrowed(query, accounts, View::kNow), Sort::Date);
    enquire.set_sort_by_value(kSlotOrder, false);
    const View view(accounts);
    const MatchTally tally(view, {}, false, endless);
    const Xapian::MSet found = whole(enquire, 0, database().get_doccount(), tally);
    std::vector<std::string> dated;
    std::vector<std::string> undated;
    for (auto at = found.begin(); at != found.end(); ++at) {
      const std::string order = at.get_document().get_value(kSlotOrder);
      (date_of_order(order) ? dated : undated).push_back(common::to_hex(id_of_order(order)));
    }
    dated.insert(dated.end(), undated.begin(), undated.end());
    return dated;
  }

  Result<Thread> thread_of(std::string_view id_hex, const ThreadOptions& options) const {
    const View view(options.accounts);
    const Xapian::docid start = find_document(database(), id_hex);
    if (start == 0 || !is_visible(database().get_document(start), view))
      return common::fail(ErrorKind::NotFound, "there is no such message in the index");
    ThreadWalk walk(database());
    Thread thread;
    for (const Xapian::docid found :
         walk.run(start, view, std::max<std::size_t>(options.limit, 1))) {
      MAILKEEP_TRY(hit, read_hit(database().get_document(found), view, nullptr));
      thread.messages.push_back(std::move(hit));
    }
    std::sort(thread.messages.begin(), thread.messages.end(), is_older);
    thread.root = thread.messages.front().id;
    thread.is_truncated = walk.is_truncated();
    return thread;
  }

  Result<std::vector<Hit>> hits_of(std::span<const std::string> ids, const Scope& accounts) const {
    const View view(accounts);
    std::vector<Hit> hits;
    for (const std::string& id : ids) {
      const Xapian::docid found = find_document(database(), id);
      if (found == 0) continue;
      const Xapian::Document document = database().get_document(found);
      if (!is_visible(document, view)) continue;
      MAILKEEP_TRY(hit, read_hit(document, view, nullptr));
      hits.push_back(std::move(hit));
    }
    return hits;
  }

  Result<std::vector<TextRange>> find_highlights(const QueryNode& node, std::string_view text) {
    Patience patience(SearchOptions().patience);
    QueryBuilder builder(database(), patience);
    MAILKEEP_CHECKED(build(builder, node));
    return find_marks(text, builder.highlights(), patience);
  }
};

Searcher::Searcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Searcher::Searcher(Searcher&&) noexcept = default;
Searcher::~Searcher() = default;

Result<Searcher> Searcher::open(const std::filesystem::path& index_dir) {
  auto impl = std::make_unique<Impl>(Impl{IndexReader(index_dir), {}});
  MAILKEEP_CHECKED(impl->reader.open());
  return Searcher(std::move(impl));
}

Result<SearchResult> Searcher::search(std::string_view query, const SearchOptions& options) {
  MAILKEEP_TRY(node, impl_->parse(query));
  MAILKEEP_CHECKED(check_options(options));
  return impl_->reader.ask([&, &tree = node]() { return impl_->search(tree, options); });
}

Result<std::uint64_t> Searcher::count(std::string_view query, const Scope& accounts) {
  SearchOptions options;
  options.limit = 0;
  options.accounts = accounts;
  options.patience = std::nullopt;
  MAILKEEP_TRY(result, search(query, options));
  return result.total;
}

Result<std::vector<std::string>> Searcher::ids(std::string_view query, const Scope& accounts) {
  MAILKEEP_TRY(node, impl_->parse(query));
  return impl_->reader.ask([&, &tree = node]() { return impl_->ids(tree, accounts); });
}

Result<Thread> Searcher::thread_of(std::string_view id_hex, const ThreadOptions& options) {
  impl_->fault.reset();
  return impl_->reader.ask([&]() { return impl_->thread_of(id_hex, options); });
}

Result<std::vector<Hit>> Searcher::hits_of(std::span<const std::string> ids,
                                           const Scope& accounts) {
  impl_->fault.reset();
  return impl_->reader.ask([&]() { return impl_->hits_of(ids, accounts); });
}

Result<std::vector<TextRange>> Searcher::find_highlights(std::string_view query,
                                                         std::string_view text) {
  MAILKEEP_TRY(node, impl_->parse(query));
  return impl_->reader.ask([&, &tree = node]() { return impl_->find_highlights(tree, text); });
}

const std::optional<QueryFault>& Searcher::fault() const { return impl_->fault; }

Result<std::int64_t> Searcher::watermark() {
  return impl_->reader.ask([&]() -> Result<std::int64_t> { return impl_->reader.watermark(); });
}

Result<std::uint64_t> Searcher::documents() {
  return impl_->reader.ask(
      [&]() -> Result<std::uint64_t> { return impl_->database().get_doccount(); });
}

// Over an index without words, which has nothing to say against a query that can be carried out.
std::optional<QueryFault> check_query(std::string_view query) {
  std::optional<QueryFault> fault;
  const auto node = parse_query(query, now(), &fault);
  if (!node) return fault;
  const Xapian::Database empty;
  Patience endless;
  QueryBuilder builder(empty, endless);
  static_cast<void>(builder.build(*node));
  return builder.fault();
}

}  // namespace mailkeep::search
