// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/uid_set.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "common/check.h"

namespace mailkeep::store {
namespace {

using Range = UidSet::Range;

constexpr Uid kMaxUid = std::numeric_limits<Uid>::max();

// Overlapping or adjacent ranges of a sorted list become one.
void join_sorted(std::vector<Range>& ranges) {
  std::size_t kept = 0;
  for (const Range& range : ranges) {
    const bool joins =
        kept > 0 && (ranges[kept - 1].last == kMaxUid || range.first <= ranges[kept - 1].last + 1);
    if (joins) {
      ranges[kept - 1].last = std::max(ranges[kept - 1].last, range.last);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

bool starts_before(const Range& a, const Range& b) { return a.first < b.first; }

// nz-number of RFC 3501 §9: no sign, no leading zero, no more than 32 bits.
std::optional<Uid> take_number(std::string_view& text) {
  Uid value = 0;
  if (text.empty() || text.front() == '0') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// seq-range of RFC 3501 §9: the greater number may come first.
std::optional<Range> take_range(std::string_view& text) {
  const auto first = take_number(text);
  if (!first) return std::nullopt;
  if (text.empty() || text.front() != ':') return Range{*first, *first};
  text.remove_prefix(1);
  const auto last = take_number(text);
  if (!last) return std::nullopt;
  return Range{std::min(*first, *last), std::max(*first, *last)};
}

}  // namespace

void UidSet::add(Uid first, Uid last) {
  MAILKEEP_CHECK(first <= last);
  // The usual case: UIDs come in ascending order.
  if (ranges_.empty() || (ranges_.back().last < kMaxUid && first > ranges_.back().last + 1)) {
    ranges_.push_back({first, last});
    return;
  }
  // The first range that the new one overlaps or touches, and the first beyond it.
  const auto begin = std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return range.last < first && range.last + 1 < first;
  });
  const auto end = std::partition_point(begin, ranges_.end(), [&](const Range& range) {
    return last == kMaxUid || range.first <= last + 1;
  });
  if (begin == end) {
    ranges_.insert(begin, {first, last});
    return;
  }
  begin->first = std::min(begin->first, first);
  begin->last = std::max(std::prev(end)->last, last);
  ranges_.erase(std::next(begin), end);
}

void UidSet::add(const UidSet& other) {
  std::vector<Range> all;
  all.reserve(ranges_.size() + other.ranges_.size());
  std::merge(ranges_.begin(), ranges_.end(), other.ranges_.begin(), other.ranges_.end(),
             std::back_inserter(all), starts_before);
  join_sorted(all);
  ranges_ = std::move(all);
}

void UidSet::remove(const UidSet& other) { *this = without(other); }

bool UidSet::contains(Uid uid) const {
  const auto at = std::partition_point(ranges_.begin(), ranges_.end(),
                                       [uid](const Range& range) { return range.last < uid; });
  return at != ranges_.end() && at->first <= uid;
}

std::uint64_t UidSet::size() const {
  std::uint64_t count = 0;
  for (const Range& range : ranges_) count += std::uint64_t{range.last} - range.first + 1;
  return count;
}

UidSet UidSet::without(const UidSet& other) const {
  UidSet result;
  auto cut = other.ranges_.begin();
  for (const Range& range : ranges_) {
    std::uint64_t next = range.first;  // 64 bits: one past the last UID must not wrap
    while (cut != other.ranges_.end() && cut->last < next) ++cut;
    for (auto at = cut; at != other.ranges_.end() && at->first <= range.last; ++at) {
      if (at->first > next) result.ranges_.push_back({static_cast<Uid>(next), at->first - 1});
      next = std::uint64_t{at->last} + 1;
    }
    if (next <= range.last) result.ranges_.push_back({static_cast<Uid>(next), range.last});
  }
  return result;
}

UidSet UidSet::intersection(const UidSet& other) const {
  UidSet result;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const Uid first = std::max(a->first, b->first);
    const Uid last = std::min(a->last, b->last);
    if (first <= last) result.ranges_.push_back({first, last});
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return result;
}

std::string UidSet::to_string() const {
  std::string text;
  for (const Range& range : ranges_) {
    if (!text.empty()) text.push_back(',');
    text += std::to_string(range.first);
    if (range.last != range.first) text.append(":").append(std::to_string(range.last));
  }
  return text;
}

std::optional<UidSet> UidSet::from_string(std::string_view text) {
  UidSet set;
  if (text.empty()) return set;
  while (true) {
    const auto range = take_range(text);
    if (!range) return std::nullopt;
    set.ranges_.push_back(*range);
    if (text.empty()) break;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
  if (!std::is_sorted(set.ranges_.begin(), set.ranges_.end(), starts_before))
    std::sort(set.ranges_.begin(), set.ranges_.end(), starts_before);
  join_sorted(set.ranges_);
  return set;
}

}  // namespace mailkeep::store
