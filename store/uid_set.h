// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// UidSet: a set of message UIDs (RFC 3501 §2.3.1.1: 1 to 2^32-1) kept as ranges, so that two
// million consecutive UIDs cost one range of 8 bytes. Not shared between threads, not even to read.
//
// UIDs may be added in any order: late ones are gathered and merged when the set is next looked at,
// so that a million of them cost a sort. Set operations are linear in the ranges of both sides;
// adding or removing a small set costs little more than its size.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::store {

using Uid = std::uint32_t;

class UidSet {
 public:
  struct Range {
    Uid first;
    Uid last;  // included
    bool operator==(const Range&) const = default;
  };

  void add(Uid uid) { add(uid, uid); }
  void add(Uid first, Uid last);
  void add(const UidSet& other);
  void add(std::vector<Uid> uids);  // in any order
  void remove(const UidSet& other);

  bool contains(Uid uid) const;
  bool intersects(const UidSet& other) const;
  bool empty() const { return ranges_.empty() && late_.empty(); }
  std::uint64_t size() const;
  const std::vector<Range>& ranges() const;  // ascending, disjoint, not adjacent

  // The set of UIDs in this one that are not in the other.
  UidSet without(const UidSet& other) const;
  UidSet intersection(const UidSet& other) const;

  // IMAP sequence-set form, ascending: "1:5,9". Empty set: "". Also the form on disk.
  std::string to_string() const;
  static std::optional<UidSet> from_string(std::string_view text);

  bool operator==(const UidSet& other) const { return ranges() == other.ranges(); }

 private:
  void settle() const;
  void cut(Uid first, Uid last);

  mutable std::vector<Range> ranges_;
  mutable std::vector<Range> late_;  // added out of order, not yet merged
};

}  // namespace mailkeep::store
