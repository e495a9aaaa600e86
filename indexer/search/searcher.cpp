// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/searcher.h"

#include <sys/stat.h>
#include <xapian.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/clock.h"
#include "common/encoding.h"
#include "indexer/search/guard.h"
#include "indexer/search/query_build.h"
#include "indexer/search/query_syntax.h"
#include "indexer/search/schema.h"
#include "indexer/search/snippet.h"
#include "indexer/search/stored_data.h"

namespace mailkeep::search {
namespace {

using common::ErrorKind;
using common::Result;

common::Micros now() { return common::SystemClock().now(); }

// A rebuilt index takes the place of the old one as another directory.
std::pair<dev_t, ino_t> identity_of(const std::filesystem::path& directory) {
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

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

Result<Hit> read_hit(const Xapian::Document& document, bool with_snippet,
                     const Highlights& highlights) {
  auto stored = decode_stored(document.get_data());
  const std::string order = document.get_value(kSlotOrder);
  if (!stored || order.size() != 40)
    return common::fail(ErrorKind::Index,
                        "a document of the index cannot be read; run mailkeep index --rebuild");
  Hit hit;
  hit.id = common::to_hex(id_of_order(order));
  hit.date = date_of_order(order);
  hit.from = std::move(stored->from);
  hit.to = std::move(stored->to);
  hit.subject = std::move(stored->subject);
  hit.accounts = std::move(stored->accounts);
  hit.size = stored->size;
  if (with_snippet) hit.snippet = make_snippet(unpack_text(stored->packed_text), highlights);
  return hit;
}

}  // namespace

struct Searcher::Impl {
  std::filesystem::path directory;
  std::pair<dev_t, ino_t> identity;
  Xapian::Database database;

  common::Status open() {
    identity = identity_of(directory);
    if (identity == std::pair<dev_t, ino_t>())
      return common::fail(ErrorKind::NotFound, "there is no index yet: run mailkeep index");
    return guarded([&]() -> common::Status {
      database = Xapian::Database(directory.string());
      if (database.get_metadata(kMetaSchema) != kSchemaVersion)
        return common::fail(ErrorKind::Index,
                            "the index was written by another version: run mailkeep index");
      return {};
    });
  }

  // What is newest at the start of each question.
  common::Status refresh() {
    if (identity_of(directory) != identity) return open();
    return guarded([&]() -> common::Status {
      database.reopen();
      return {};
    });
  }

  // A writer that is two commits ahead, or a switched directory, takes blocks away under a reader.
  template <class Work>
  auto ask(Work&& work) -> decltype(work()) {
    if (auto fresh = refresh(); !fresh) return tl::unexpected(std::move(fresh).error());
    try {
      return work();
    } catch (const Xapian::DatabaseError&) {
      if (auto again = open(); !again) return tl::unexpected(std::move(again).error());
    } catch (const Xapian::Error& error) {
      return tl::unexpected(index_error(error));
    }
    return guarded(std::forward<Work>(work));
  }

  // Exact only if every document is looked at.
  static Xapian::MSet whole(const Xapian::Enquire& enquire, const Xapian::Database& database,
                            std::uint64_t offset, std::uint64_t limit) {
    const Xapian::doccount all = database.get_doccount();
    const auto bounded = [&](std::uint64_t n) {
      return static_cast<Xapian::doccount>(std::min<std::uint64_t>(n, all));
    };
    return enquire.get_mset(bounded(offset), bounded(limit), all);
  }

  Result<SearchResult> search(const QueryNode& node, const SearchOptions& options) const {
    QueryBuilder builder(database);
    MAILKEEP_TRY(query, builder.build(node));
    const Xapian::Enquire enquire = enquire_for(database, query, options.sort);
    const Xapian::MSet found = whole(enquire, database, options.offset, options.limit);
    SearchResult result;
    result.total = found.get_matches_estimated();
    for (auto at = found.begin(); at != found.end(); ++at) {
      MAILKEEP_TRY(hit, read_hit(at.get_document(), options.with_snippets, builder.highlights()));
      result.hits.push_back(std::move(hit));
    }
    return result;
  }

  Result<std::vector<std::string>> ids(const QueryNode& node) const {
    QueryBuilder builder(database);
    MAILKEEP_TRY(query, builder.build(node));
    Xapian::Enquire enquire = enquire_for(database, query, Sort::Date);
    enquire.set_sort_by_value(kSlotOrder, false);
    const Xapian::MSet found = whole(enquire, database, 0, database.get_doccount());
    std::vector<std::string> dated;
    std::vector<std::string> undated;
    for (auto at = found.begin(); at != found.end(); ++at) {
      const std::string order = at.get_document().get_value(kSlotOrder);
      (date_of_order(order) ? dated : undated).push_back(common::to_hex(id_of_order(order)));
    }
    dated.insert(dated.end(), undated.begin(), undated.end());
    return dated;
  }
};

Searcher::Searcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Searcher::Searcher(Searcher&&) noexcept = default;
Searcher::~Searcher() = default;

Result<Searcher> Searcher::open(const std::filesystem::path& index_dir) {
  auto impl = std::make_unique<Impl>();
  impl->directory = index_dir;
  MAILKEEP_CHECKED(impl->open());
  return Searcher(std::move(impl));
}

Result<SearchResult> Searcher::search(std::string_view query, const SearchOptions& options) {
  MAILKEEP_TRY(node, parse_query(query, now()));
  return impl_->ask([&, &tree = node]() { return impl_->search(tree, options); });
}

Result<std::uint64_t> Searcher::count(std::string_view query, const Scope& accounts) {
  SearchOptions options;
  options.limit = 0;
  options.accounts = accounts;
  options.patience = std::nullopt;
  MAILKEEP_TRY(result, search(query, options));
  return result.total;
}

Result<std::vector<std::string>> Searcher::ids(std::string_view query, const Scope& /*accounts*/) {
  MAILKEEP_TRY(node, parse_query(query, now()));
  return impl_->ask([&, &tree = node]() { return impl_->ids(tree); });
}

Result<std::int64_t> Searcher::watermark() {
  return impl_->ask([&]() -> Result<std::int64_t> {
    const std::string text = impl_->database.get_metadata(kMetaWatermark);
    std::int64_t position = 0;
    std::from_chars(text.data(), text.data() + text.size(), position);
    return position;
  });
}

Result<std::uint64_t> Searcher::documents() {
  return impl_->ask([&]() -> Result<std::uint64_t> { return impl_->database.get_doccount(); });
}

}  // namespace mailkeep::search
