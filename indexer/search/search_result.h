// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the index answers, as plain data. Every string is valid UTF-8 except `order`.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mailkeep::search {

// Names of accounts whose messages may be seen. Unset: all. An empty list: none at all.
using Scope = std::optional<std::vector<std::string>>;

// A part [begin, end) of a text, counted in Unicode code points (not bytes, not UTF-16 units).
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const TextRange&, const TextRange&) = default;
};

struct Hit {
  std::string id;                    // SHA-256 of the raw bytes, hex
  std::string order;                 // opaque bytes: SearchOptions::after of the next page
  std::optional<std::int64_t> date;  // seconds since 1970 UTC
  std::string from;                  // "Name <address>, ..." as written in the header
  std::string to;
  std::string subject;
  std::string message_id;                 // without angle brackets; may be empty
  std::string in_reply_to;                // the same
  std::vector<std::string> references;    // the same; of many the last 50
  bool has_attachments = false;           // signatures do not count
  std::vector<std::string> unsearchable;  // why something in it could not be read; at most 20
  std::string snippet;                    // plain text around the first words found; no markup
  std::vector<TextRange> highlights;      // what was searched for, in the snippet; ascending
  std::vector<std::string> accounts;      // sorted; only those in scope
  std::uint64_t size = 0;
};

struct FacetValue {
  std::string value;
  std::uint64_t count = 0;
  friend bool operator==(const FacetValue&, const FacetValue&) = default;
};

// Counts of messages, exact over all matches of the query, not only over one page. A message that
// several accounts hold counts in each of them.
struct Facets {
  std::vector<FacetValue> accounts;  // ascending by name; only those in scope
  std::vector<FacetValue> senders;   // address of the first From in lower case, "" if it has none;
                                     // the 50 with most messages, then by address
  std::uint64_t senders_other = 0;   // messages of senders that are not listed
  std::vector<FacetValue> months;    // "2024-03" (UTC), ascending; "", the undated, come first
};

struct SearchResult {
  std::uint64_t total = 0;    // exact
  std::int64_t snapshot = 0;  // log position that the answer holds for; give it with later pages
  std::vector<Hit> hits;
  std::optional<Facets> facets;
};

struct Thread {
  std::vector<Hit> messages;  // oldest first, undated ones last; no snippets
  std::string root;           // id of the first of them
  bool is_truncated = false;  // there are, or may be, more than these
};

}  // namespace mailkeep::search
