// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/uid_segments.h"

#include <algorithm>
#include <optional>

namespace mailkeep::store {
namespace {

using Range = UidSet::Range;

constexpr std::uint32_t kSegmentUids = 1U << kSegmentBits;
constexpr std::size_t kBitmapBytes = kSegmentUids / 8;
constexpr char kRuns = 1;    // pairs: how many are absent, how many are present less one
constexpr char kBitmap = 2;  // UID n of the segment is bit n % 8 of byte n / 8
constexpr std::int64_t kMaxSegment = 0xffff;

// Unsigned LEB128: seven bits a byte, the lowest first.
void put_number(std::string& out, std::uint32_t value) {
  for (; value >= 0x80U; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint32_t> take_number(std::string_view& bytes) {
  std::uint32_t value = 0;
  for (std::uint32_t shift = 0; shift <= 14 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= (byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) {
      if (byte == 0 && shift > 0) return std::nullopt;  // one form only: no padding
      return value;
    }
  }
  return std::nullopt;
}

// Ranges of one segment, counted from its first UID.
class SegmentWriter {
 public:
  void add(std::uint32_t first, std::uint32_t last) {
    if (runs_.empty()) runs_.push_back(kRuns);
    if (runs_.size() <= kBitmapBytes) {
      put_number(runs_, first - next_);
      put_number(runs_, last - first);
    }
    next_ = last + 1;
    ranges_.push_back({first, last});
  }

  bool empty() const { return ranges_.empty(); }

  std::string take() {
    std::string bytes = runs_.size() <= kBitmapBytes ? std::move(runs_) : bitmap();
    *this = SegmentWriter();
    return bytes;
  }

 private:
  std::string bitmap() const {
    std::string bytes(1 + kBitmapBytes, '\0');
    bytes[0] = kBitmap;
    for (const Range& range : ranges_) {
      for (std::uint32_t n = range.first; n <= range.last; ++n)
        bytes[1 + n / 8] =
            static_cast<char>(static_cast<unsigned char>(bytes[1 + n / 8]) | (1U << (n % 8)));
    }
    return bytes;
  }

  std::string runs_;
  std::uint32_t next_ = 0;
  std::vector<Range> ranges_;
};

std::optional<std::vector<Range>> read_runs(std::string_view bytes) {
  std::vector<Range> ranges;
  std::uint32_t next = 0;
  while (!bytes.empty()) {
    const auto absent = take_number(bytes);
    const auto more = take_number(bytes);
    if (!absent || !more) return std::nullopt;
    if (!ranges.empty() && *absent == 0) return std::nullopt;  // it would be one range
    const std::uint32_t first = next + *absent;
    const std::uint32_t last = first + *more;
    if (last >= kSegmentUids) return std::nullopt;
    ranges.push_back({first, last});
    next = last + 1;
  }
  return ranges;
}

std::vector<Range> read_bitmap(std::string_view bytes) {
  std::vector<Range> ranges;
  for (std::uint32_t n = 0; n < kSegmentUids; ++n) {
    const auto byte = static_cast<unsigned char>(bytes[n / 8]);
    if (byte == 0) {
      n |= 7U;
      continue;
    }
    if ((byte >> (n % 8) & 1U) == 0) continue;
    if (!ranges.empty() && ranges.back().last + 1 == n) {
      ranges.back().last = n;
    } else {
      ranges.push_back({n, n});
    }
  }
  return ranges;
}

std::optional<std::vector<Range>> read_segment(std::string_view bytes) {
  if (bytes.empty()) return std::vector<Range>();
  const char form = bytes.front();
  bytes.remove_prefix(1);
  if (form == kRuns) {
    if (bytes.empty() || bytes.size() >= kBitmapBytes) return std::nullopt;
    return read_runs(bytes);
  }
  if (form != kBitmap || bytes.size() != kBitmapBytes) return std::nullopt;
  std::vector<Range> ranges = read_bitmap(bytes);
  if (ranges.empty()) return std::nullopt;
  SegmentWriter again;  // what fits in runs must stand in runs
  for (const Range& range : ranges) again.add(range.first, range.last);
  if (again.take().front() != kBitmap) return std::nullopt;
  return ranges;
}

}  // namespace

std::vector<UidSegment> to_segments(const UidSet& uids) {
  std::vector<UidSegment> segments;
  SegmentWriter writer;
  std::uint32_t number = 0;
  const auto flush = [&] {
    if (!writer.empty()) segments.push_back({number, writer.take()});
  };
  for (const Range& range : uids.ranges()) {
    for (std::uint64_t first = range.first; first <= range.last;) {
      const std::uint32_t here = segment_of(static_cast<Uid>(first));
      if (here != number) flush();
      number = here;
      const std::uint64_t begin = std::uint64_t{here} << kSegmentBits;
      const std::uint64_t last = std::min<std::uint64_t>(range.last, begin + kSegmentUids - 1);
      writer.add(static_cast<std::uint32_t>(first - begin),
                 static_cast<std::uint32_t>(last - begin));
      first = last + 1;
    }
  }
  flush();
  return segments;
}

bool add_segment(std::int64_t number, std::string_view bytes, UidSet& uids) {
  if (number < 0 || number > kMaxSegment) return false;
  const auto ranges = read_segment(bytes);
  if (!ranges) return false;
  const auto begin = static_cast<Uid>(number << kSegmentBits);
  if (number == 0 && !ranges->empty() && ranges->front().first == 0) return false;  // no UID is 0
  for (const Range& range : *ranges) uids.add(begin + range.first, begin + range.last);
  return true;
}

std::vector<std::int64_t> segments_of(const UidSet& uids) {
  std::vector<std::int64_t> numbers;
  for (const Range& range : uids.ranges()) {
    std::int64_t number = segment_of(range.first);
    if (!numbers.empty() && numbers.back() == number) ++number;
    for (; number <= std::int64_t{segment_of(range.last)}; ++number) numbers.push_back(number);
  }
  return numbers;
}

UidSet span_of_segments(const std::vector<std::int64_t>& numbers) {
  UidSet uids;
  for (const std::int64_t number : numbers) {
    const auto begin = static_cast<Uid>(number << kSegmentBits);
    uids.add(std::max<Uid>(begin, 1), begin + (kSegmentUids - 1));
  }
  return uids;
}

}  // namespace mailkeep::store
