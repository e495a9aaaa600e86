// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/plain_date.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !is_space(text[i]) && text[i] != ',') continue;
    if (i > from) words.push_back(text.substr(from, i - from));
    from = i + 1;
  }
  return words;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> month_of(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::string name = lower_ascii(word.substr(0, 3));
  for (unsigned i = 0; i < kMonths.size(); ++i)
    if (kMonths[i] == name) return i + 1;
  return std::nullopt;
}

// hh:mm or hh:mm:ss
std::optional<int> seconds_of(std::string_view time) {
  const std::size_t colon = time.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view rest = time.substr(colon + 1);
  const auto hours = number(time.substr(0, colon));
  const auto minutes = number(rest.substr(0, 2));
  const auto seconds = rest.size() > 3 ? number(rest.substr(3, 2)) : std::optional<int>(0);
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60)
    return std::nullopt;
  return *hours * 3600 + *minutes * 60 + *seconds;
}

// +hhmm; names of zones other than UTC are not to be trusted (RFC 5322 §4.3).
int zone_seconds(std::string_view zone) {
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) return 0;
  const auto hours = number(zone.substr(1, 2));
  const auto minutes = number(zone.substr(3, 2));
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return 0;
  return (zone[0] == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<std::int64_t> read_plain_date(std::string_view value) {
  std::vector<std::string_view> words = split_words(value.substr(0, 200));
  if (!words.empty() && !is_digit(words.front().front())) words.erase(words.begin());
  if (words.size() < 4) return std::nullopt;
  const auto day = number(words[0]);
  const auto month = month_of(words[1]);
  auto year = number(words[2]);
  const auto seconds = seconds_of(words[3]);
  if (!day || !month || !year || !seconds) return std::nullopt;
  if (*year < 50)
    *year += 2000;  // RFC 5322 §4.3: two-digit years
  else if (*year < 1000)
    *year += 1900;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970 || *year > 2099) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const int zone = words.size() > 4 ? zone_seconds(words[4]) : 0;
  return std::int64_t{days} * 86'400 + *seconds - zone;
}

}  // namespace mailkeep::message
