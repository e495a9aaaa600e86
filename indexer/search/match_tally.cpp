// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/match_tally.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "indexer/search/schema.h"

namespace mailkeep::search {
namespace {

constexpr int kUndated = -1;
// Of the year 9999, behind which nobody's calendar has room.
constexpr std::int64_t kLastSecond = 253'402'300'799;

int month_of(std::string_view order) {
  const auto date = date_of_order(order);
  if (!date) return kUndated;
  const std::chrono::sys_seconds at{std::chrono::seconds(std::min(*date, kLastSecond))};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
  return int{day.year()} * 12 + static_cast<int>(unsigned{day.month()}) - 1;
}

std::string month_text(int month) {
  return month == kUndated ? std::string() : fmt::format("{:04}-{:02}", month / 12, month % 12 + 1);
}

std::vector<FacetValue> listed(const auto& counts) {
  std::vector<FacetValue> list;
  list.reserve(counts.size());
  for (const auto& [value, count] : counts) list.push_back({value, count});
  return list;
}

bool by_value(const FacetValue& a, const FacetValue& b) { return a.value < b.value; }

}  // namespace

bool MatchTally::operator()(const Xapian::Document& document) const {
  patience_.tick();
  std::string seen_in;
  if (view_.is_narrowed() || with_facets_) seen_in = document.get_value(kSlotAccounts);
  if (view_.is_narrowed() && !view_.shows(seen_in)) return false;
  ++total_;
  if (with_facets_) count(document, seen_in);
  return after_.empty() || document.get_value(kSlotOrder) < after_;
}

void MatchTally::count(const Xapian::Document& document, std::string_view seen_in) const {
  each_seen_in(seen_in, [&](std::string_view account, std::int64_t position) {
    if (view_.allows(account, position)) add_one(accounts_, account);
  });
  add_one(senders_, document.get_value(kSlotSender));
  ++months_[month_of(document.get_value(kSlotOrder))];
}

void MatchTally::add_one(Counts& counts, std::string_view value) {
  const auto at = counts.find(value);
  if (at != counts.end())
    ++at->second;
  else
    counts.emplace(value, 1);
}

Facets MatchTally::facets() const {
  Facets facets;
  facets.accounts = listed(accounts_);
  std::sort(facets.accounts.begin(), facets.accounts.end(), by_value);

  facets.senders = listed(senders_);
  std::sort(facets.senders.begin(), facets.senders.end(),
            [](const FacetValue& a, const FacetValue& b) {
              return a.count != b.count ? a.count > b.count : by_value(a, b);
            });
  while (facets.senders.size() > kSendersListed) {
    facets.senders_other += facets.senders.back().count;
    facets.senders.pop_back();
  }

  std::vector<std::pair<int, std::uint64_t>> months(months_.begin(), months_.end());
  std::sort(months.begin(), months.end());
  facets.months.reserve(months.size());
  for (const auto& [month, count] : months) facets.months.push_back({month_text(month), count});
  return facets;
}

}  // namespace mailkeep::search
