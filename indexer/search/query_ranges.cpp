// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/query_ranges.h"

#include <charconv>
#include <chrono>
#include <string>
#include <vector>

namespace mailkeep::search {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr std::int64_t kDaySeconds = 86'400;

std::optional<std::int64_t> whole_number(std::string_view digits) {
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

std::int64_t seconds_of(sys_days at) { return at.time_since_epoch().count() * kDaySeconds; }

std::vector<std::string_view> split_date(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '-' && text[i] != '/') continue;
    parts.push_back(text.substr(from, i - from));
    from = i + 1;
  }
  return parts;
}

std::optional<Range> calendar_range(std::string_view text) {
  const auto parts = split_date(text);
  if (parts.size() > 3 || parts[0].size() != 4) return std::nullopt;
  const auto y = whole_number(parts[0]);
  const auto m = parts.size() > 1 ? whole_number(parts[1]) : std::optional<std::int64_t>(1);
  const auto d = parts.size() > 2 ? whole_number(parts[2]) : std::optional<std::int64_t>(1);
  if (!y || !m || !d || *m > 12 || *d > 31) return std::nullopt;
  const year_month_day first{year(static_cast<int>(*y)), month(static_cast<unsigned>(*m)),
                             day(static_cast<unsigned>(*d))};
  if (!first.ok()) return std::nullopt;
  const sys_days start(first);
  if (parts.size() == 1) return Range{seconds_of(start), seconds_of(sys_days(first + years(1)))};
  if (parts.size() == 2) return Range{seconds_of(start), seconds_of(sys_days(first + months(1)))};
  return Range{seconds_of(start), seconds_of(start + days(1))};
}

// The last day of a month that is shorter than the one counted from.
sys_days clamped(year_month_day date) {
  if (!date.ok()) date = year_month_day(date.year() / date.month() / std::chrono::last);
  return date;
}

std::optional<Range> span_up_to(sys_days today, std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto count = whole_number(text.substr(0, text.size() - 1));
  if (!count || *count > 40'000) return std::nullopt;
  const int n = static_cast<int>(*count);
  const std::int64_t end = seconds_of(today + days(1));
  const year_month_day date(today);
  switch (text.back()) {
    case 'd':
      return Range{seconds_of(today - days(n)), end};
    case 'w':
      return Range{seconds_of(today - days(7 * n)), end};
    case 'm':
      return Range{seconds_of(clamped(date - months(n))), end};
    case 'y':
      return Range{seconds_of(clamped(date - years(n))), end};
    default:
      return std::nullopt;
  }
}

std::optional<Range> one_date(std::string_view text, sys_days today) {
  if (text == "today") return Range{seconds_of(today), seconds_of(today + days(1))};
  if (text == "yesterday") return Range{seconds_of(today - days(1)), seconds_of(today)};
  if (const auto span = span_up_to(today, text)) return span;
  return calendar_range(text);
}

}  // namespace

std::optional<Range> parse_dates(std::string_view text, common::Micros now) {
  const sys_days today{std::chrono::floor<days>(std::chrono::microseconds(now))};
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return one_date(text, today);
  const std::string_view first = text.substr(0, dots);
  const std::string_view last = text.substr(dots + 2);
  if (first.empty() && last.empty()) return std::nullopt;
  Range range;
  if (!first.empty()) {
    const auto start = one_date(first, today);
    if (!start) return std::nullopt;
    range.from = start->from;
  }
  if (!last.empty()) {
    const auto end = one_date(last, today);
    if (!end) return std::nullopt;
    range.to = end->to;
  }
  if (range.from >= range.to) return std::nullopt;
  return range;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty()) {
    const char unit = text.back();
    if (unit == 'k' || unit == 'K') shift = 10;
    if (unit == 'm' || unit == 'M') shift = 20;
    if (unit == 'g' || unit == 'G') shift = 30;
  }
  if (shift > 0) text.remove_suffix(1);
  const auto count = whole_number(text);
  if (!count || *count >= (std::int64_t{1} << 32U)) return std::nullopt;
  return *count << shift;
}

}  // namespace mailkeep::search
