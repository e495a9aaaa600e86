// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MatchTally: sees each match once, lets through what the scope and the page allow, and counts what
// the whole answer has: total and facets. Private to indexer/.

#include <xapian.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "indexer/search/patience.h"
#include "indexer/search/search_result.h"
#include "indexer/search/seen_in.h"

namespace mailkeep::search {

inline constexpr std::size_t kSendersListed = 50;

// A match decider is called for every match, since all are asked for; its result decides what may
// be a hit of this page.
class MatchTally : public Xapian::MatchDecider {
 public:
  // after: only what stands behind it in descending order of kSlotOrder can be a hit; empty: all.
  MatchTally(const View& view, std::string_view after, bool with_facets, Patience& patience)
      : view_(view), after_(after), with_facets_(with_facets), patience_(patience) {}

  bool operator()(const Xapian::Document& document) const override;

  std::uint64_t total() const { return total_; }
  Facets facets() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Counts = std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>>;

  void count(const Xapian::Document& document, std::string_view seen_in) const;
  static void add_one(Counts& counts, std::string_view value);

  const View& view_;
  std::string after_;
  bool with_facets_;
  Patience& patience_;
  // Xapian calls through a const interface.
  mutable std::uint64_t total_ = 0;
  mutable Counts accounts_;
  mutable Counts senders_;
  mutable std::unordered_map<int, std::uint64_t> months_;  // year * 12 + month, kUndated
};

}  // namespace mailkeep::search
