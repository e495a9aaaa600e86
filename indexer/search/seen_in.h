// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SeenIn: the accounts that hold a message, each with the log position of its first sighting there.
// What a scope lets through is decided here, by whole names. Private to indexer/.
//
// kSlotAccounts: for each account, ascending: field(name), u64 position.

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/encoding.h"
#include "indexer/search/schema.h"
#include "indexer/search/search_result.h"

namespace mailkeep::search {

using SeenIn = std::map<std::string, std::int64_t, std::less<>>;

SeenIn decode_seen_in(std::string_view value);
std::string encode(const SeenIn& seen);
// Of two sightings in one account the earlier one counts.
void add_places(const std::vector<Place>& places, SeenIn& seen);

// Which accounts a question may look at, and up to which position.
class View {
 public:
  static constexpr std::int64_t kNow = std::numeric_limits<std::int64_t>::max();

  explicit View(const Scope& scope, std::int64_t end = kNow);

  bool is_narrowed() const { return names_.has_value(); }
  bool allows(std::string_view account, std::int64_t position) const;
  // Whether one of the accounts in the slot's value is visible.
  bool shows(std::string_view seen_in) const;
  std::vector<std::string> visible(std::string_view seen_in) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::optional<std::unordered_set<std::string, Hash, std::equal_to<>>> names_;
  std::int64_t end_;
};

// Calls visit(name, position) for each account of the slot's value, without copies.
template <class Visit>
void each_seen_in(std::string_view value, Visit&& visit) {
  common::FieldReader in(value);
  while (!in.at_end()) {
    const std::string_view account = in.field();
    const auto position = static_cast<std::int64_t>(in.u64());
    if (!in.ok()) return;
    visit(account, position);
  }
}

}  // namespace mailkeep::search
