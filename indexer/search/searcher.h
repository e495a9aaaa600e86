// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Searcher: the read side of the index. Readers never wait for a lock.
//
// One Searcher for each thread. When a writer has moved on under it, it reopens and repeats once.
// Errors: Usage (bad query: the text points at the word), NotFound (no index yet), Index.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace mailkeep::search {

enum class Sort { Relevance, Date };  // Date: newest first

struct SearchOptions {
  std::uint64_t limit = 25;
  std::uint64_t offset = 0;
  Sort sort = Sort::Date;
  bool with_snippets = true;
};

struct Hit {
  std::string id;                    // SHA-256 of the raw bytes, hex
  std::optional<std::int64_t> date;  // seconds since 1970 UTC
  std::string from;                  // "Name <address>, ..." as written in the header
  std::string to;
  std::string subject;
  std::string snippet;  // plain text around the first words found; no markup
  std::vector<std::string> accounts;
  std::uint64_t size = 0;
};

struct SearchResult {
  std::uint64_t total = 0;  // exact
  std::vector<Hit> hits;
};

class Searcher {
 public:
  static common::Result<Searcher> open(const std::filesystem::path& index_dir);
  Searcher(Searcher&&) noexcept;
  ~Searcher();

  common::Result<SearchResult> search(std::string_view query, const SearchOptions& options);
  common::Result<std::uint64_t> count(std::string_view query);
  // Ids of all hits, oldest first, for exports.
  common::Result<std::vector<std::string>> ids(std::string_view query);

  common::Result<std::int64_t> watermark();  // log position up to which the index has followed
  common::Result<std::uint64_t> documents();

 private:
  struct Impl;
  explicit Searcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A paragraph for --help and for people: fields, operators, dates.
std::string_view query_help();

}  // namespace mailkeep::search
