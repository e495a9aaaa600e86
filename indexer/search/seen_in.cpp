// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/seen_in.h"

#include <algorithm>

namespace mailkeep::search {

SeenIn decode_seen_in(std::string_view value) {
  SeenIn seen;
  each_seen_in(value, [&](std::string_view account, std::int64_t position) {
    seen.emplace(account, position);
  });
  return seen;
}

std::string encode(const SeenIn& seen) {
  std::string out;
  for (const auto& [account, position] : seen) {
    common::put_field(out, account);
    common::put_u64(out, static_cast<std::uint64_t>(position));
  }
  return out;
}

void add_places(const std::vector<Place>& places, SeenIn& seen) {
  for (const Place& place : places) {
    const auto at = seen.emplace(place.account, place.position).first;
    at->second = std::min(at->second, place.position);
  }
}

View::View(const Scope& scope, std::int64_t end) : end_(end) {
  if (scope) names_.emplace(scope->begin(), scope->end());
}

bool View::allows(std::string_view account, std::int64_t position) const {
  return position < end_ && (!names_ || names_->contains(account));
}

bool View::shows(std::string_view seen_in) const {
  bool is_shown = false;
  each_seen_in(seen_in, [&](std::string_view account, std::int64_t position) {
    is_shown = is_shown || allows(account, position);
  });
  return is_shown;
}

std::vector<std::string> View::visible(std::string_view seen_in) const {
  std::vector<std::string> accounts;
  each_seen_in(seen_in, [&](std::string_view account, std::int64_t position) {
    if (allows(account, position)) accounts.emplace_back(account);
  });
  return accounts;
}

}  // namespace mailkeep::search
