// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Searcher: the read side of the index. Readers never wait for a lock.
//
// One Searcher for each thread. Each question sees the index as it was last committed; when a
// writer has moved on under it, it reopens and repeats, a few times.
// Errors: Usage (bad query: the text points at the word, and fault() does so for programs; or a
// bad `after`), Limit (it took longer than it may), NotFound (no index yet, or no such message),
// Index.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "indexer/search/query_fault.h"
#include "indexer/search/search_result.h"

namespace mailkeep::search {

enum class Sort { Relevance, Date };  // Date: newest first, undated last

struct SearchOptions {
  std::uint64_t limit = 25;
  std::uint64_t offset = 0;
  Sort sort = Sort::Date;
  bool with_snippets = true;
  bool with_facets = false;
  // Only messages that were first seen below this log position are found and counted. A page asks
  // with SearchResult::snapshot of the first one, so that nothing moves while mail comes in.
  std::optional<std::int64_t> snapshot;
  // Hit::order of the last hit of the page before: the hits behind it, whatever their number, at
  // the cost of the first page. For Sort::Date; totals and facets are of all hits all the same.
  std::string after;
  // Only messages seen in one of these accounts are found, counted and shown.
  Scope accounts;
  // Limit when the question takes longer. Unset: as long as it takes.
  std::optional<std::chrono::milliseconds> patience = std::chrono::milliseconds(2'000);
};

struct ThreadOptions {
  Scope accounts;
  std::size_t limit = 1'000;
};

class Searcher {
 public:
  static common::Result<Searcher> open(const std::filesystem::path& index_dir);
  Searcher(Searcher&&) noexcept;
  ~Searcher();

  common::Result<SearchResult> search(std::string_view query, const SearchOptions& options);
  // However long it takes.
  common::Result<std::uint64_t> count(std::string_view query, const Scope& accounts = {});
  // Ids of all hits, oldest first, undated last, for exports. However long it takes.
  common::Result<std::vector<std::string>> ids(std::string_view query, const Scope& accounts = {});

  // What belongs together by Message-ID, In-Reply-To and References, over whatever is archived;
  // messages outside the scope connect others but are neither given nor counted. Walks over 10,000
  // messages at most, nearest first. NotFound if the message itself is not indexed or not in scope.
  common::Result<Thread> thread_of(std::string_view id_hex, const ThreadOptions& options = {});
  // Those of the messages that are indexed and in scope, in the order of the ids; no snippets.
  common::Result<std::vector<Hit>> hits_of(std::span<const std::string> ids,
                                           const Scope& accounts = {});

  // Where the query's words stand in a message's text: what snippets mark. Ascending, none
  // touching another, at most 5,000.
  common::Result<std::vector<TextRange>> find_highlights(std::string_view query,
                                                         std::string_view text);

  // Why the last question was refused; nothing if it was not, or for another reason than its query.
  const std::optional<QueryFault>& fault() const;

  common::Result<std::int64_t> watermark();  // log position up to which the index has followed
  common::Result<std::uint64_t> documents();

 private:
  struct Impl;
  explicit Searcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::search
