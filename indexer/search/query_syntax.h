// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The query language: text to a tree. No index is needed for it. docs/search.md states the grammar.
// Private to indexer/.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "indexer/search/query_fault.h"
#include "indexer/search/schema.h"

namespace mailkeep::search {

inline constexpr std::size_t kMaxQueryBytes = 16UL << 10U;
inline constexpr std::size_t kMaxNesting = 50;
inline constexpr std::size_t kMaxQueryNodes = 2'000;

struct QueryNode {
  enum class Kind {
    Everything,
    Words,   // text in a field, or in all text fields
    Prefix,  // text*
    Exact,   // "text" or =text
    Date,    // from <= seconds < to
    Size,    // from <= bytes < to
    And,
    Or,
    Not,   // one child
    Near,  // words, exact, within `distance` words of each other
  };
  Kind kind = Kind::Everything;
  const Field* field = nullptr;  // null: all text fields
  std::string text;
  std::int64_t from = 0;
  std::int64_t to = 0;
  unsigned distance = 0;
  std::vector<QueryNode> children;
  std::string source;        // as typed, for messages
  std::size_t position = 0;  // of its first character in the query, from 1
};

// now: what "today" means. Usage with the word and its position when it cannot be understood; then
// `fault`, if it is given, says the same.
common::Result<QueryNode> parse_query(std::string_view query, common::Micros now,
                                      std::optional<QueryFault>* fault = nullptr);

// The tree in one canonical line, such as (and from:anna (not "x y")).
std::string to_text(const QueryNode& node);

// "in 'word' (character 7): reason", or the reason alone if there is no word.
tl::unexpected<common::Error> query_error(std::string_view source, std::size_t position,
                                          std::string_view reason,
                                          std::optional<QueryFault>* fault);

}  // namespace mailkeep::search
