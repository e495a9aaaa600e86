// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/uid_set.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "common/check.h"

namespace mailkeep::store {
namespace {

using Range = UidSet::Range;

constexpr Uid kMaxUid = std::numeric_limits<Uid>::max();
constexpr std::size_t kMinLate = 4096;

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

// Then it is cheaper to look each of them up than to walk both lists.
bool is_few(const std::vector<Range>& few, const std::vector<Range>& many) {
  return few.size() < many.size() / 16;
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

void UidSet::settle() const {
  if (late_.empty()) return;
  std::sort(late_.begin(), late_.end(), starts_before);
  std::vector<Range> all;
  all.reserve(ranges_.size() + late_.size());
  std::merge(ranges_.begin(), ranges_.end(), late_.begin(), late_.end(), std::back_inserter(all),
             starts_before);
  join_sorted(all);
  ranges_ = std::move(all);
  late_ = {};
}

const std::vector<Range>& UidSet::ranges() const {
  settle();
  return ranges_;
}

void UidSet::add(Uid first, Uid last) {
  MAILKEEP_CHECK(first <= last);
  // The usual case: UIDs come in ascending order.
  if (ranges_.empty() || (ranges_.back().last < kMaxUid && first > ranges_.back().last + 1)) {
    ranges_.push_back({first, last});
    return;
  }
  if (first >= ranges_.back().first) {
    ranges_.back().last = std::max(ranges_.back().last, last);
    return;
  }
  late_.push_back({first, last});
  // Some put the same few UIDs in again and again: what waits is no more than what is there.
  if (late_.size() > std::max(kMinLate, ranges_.size())) settle();
}

void UidSet::add(const UidSet& other) {
  const std::vector<Range>& more = other.ranges();
  if (more.empty() || &other == this) return;
  const bool is_beyond = ranges_.empty() || (ranges_.back().last < kMaxUid &&
                                             more.front().first > ranges_.back().last);
  if (is_beyond || is_few(more, ranges_)) {
    for (const Range& range : more) add(range.first, range.last);
    return;
  }
  settle();
  std::vector<Range> all;
  all.reserve(ranges_.size() + more.size());
  std::merge(ranges_.begin(), ranges_.end(), more.begin(), more.end(), std::back_inserter(all),
             starts_before);
  join_sorted(all);
  ranges_ = std::move(all);
}

void UidSet::add(std::vector<Uid> uids) {
  std::sort(uids.begin(), uids.end());
  UidSet set;
  for (const Uid uid : uids) set.add(uid);
  add(set);
}

void UidSet::remove(const UidSet& other) {
  if (!intersects(other)) return;
  if (&other == this || !is_few(other.ranges(), ranges())) {
    *this = without(other);
    return;
  }
  for (const Range& range : other.ranges()) cut(range.first, range.last);
}

// Takes the UIDs from `first` to `last` out of the settled ranges.
void UidSet::cut(Uid first, Uid last) {
  const auto begin = std::partition_point(ranges_.begin(), ranges_.end(),
                                          [&](const Range& range) { return range.last < first; });
  const auto end = std::partition_point(begin, ranges_.end(),
                                        [&](const Range& range) { return range.first <= last; });
  if (begin == end) return;
  std::vector<Range> kept;
  if (begin->first < first) kept.push_back({begin->first, first - 1});
  if (std::prev(end)->last > last) kept.push_back({last + 1, std::prev(end)->last});
  if (static_cast<std::size_t>(end - begin) < kept.size()) {  // one range becomes two
    *begin = kept[0];
    ranges_.insert(std::next(begin), kept[1]);
    return;
  }
  ranges_.erase(std::copy(kept.begin(), kept.end(), begin), end);
}

bool UidSet::contains(Uid uid) const {
  settle();
  const auto at = std::partition_point(ranges_.begin(), ranges_.end(),
                                       [uid](const Range& range) { return range.last < uid; });
  return at != ranges_.end() && at->first <= uid;
}

bool UidSet::intersects(const UidSet& other) const {
  const bool is_smaller = ranges().size() <= other.ranges().size();
  const std::vector<Range>& few = is_smaller ? ranges_ : other.ranges_;
  const std::vector<Range>& many = is_smaller ? other.ranges_ : ranges_;
  auto at = many.begin();
  for (const Range& range : few) {
    const auto ends_before = [&](const Range& one) { return one.last < range.first; };
    if (is_few(few, many)) {
      at = std::partition_point(at, many.end(), ends_before);
    } else {
      at = std::find_if_not(at, many.end(), ends_before);
    }
    if (at == many.end()) return false;
    if (at->first <= range.last) return true;
  }
  return false;
}

std::uint64_t UidSet::size() const {
  std::uint64_t count = 0;
  for (const Range& range : ranges()) count += std::uint64_t{range.last} - range.first + 1;
  return count;
}

UidSet UidSet::without(const UidSet& other) const {
  settle();
  other.settle();
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
  settle();
  other.settle();
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
  text.reserve(ranges().size() * 8);
  std::array<char, 24> digits{};
  const auto put = [&](Uid uid) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), uid).ptr;
    text.append(digits.data(), end);
  };
  for (const Range& range : ranges_) {
    if (!text.empty()) text.push_back(',');
    put(range.first);
    if (range.last == range.first) continue;
    text.push_back(':');
    put(range.last);
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
