// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// UidSet: a set of message UIDs (RFC 3501 §2.3.1.1: 1 to 2^32-1) kept as ranges, so that two
// million consecutive UIDs cost one range. Not shared between threads.

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
  void remove(const UidSet& other);

  bool contains(Uid uid) const;
  bool empty() const { return ranges_.empty(); }
  std::uint64_t size() const;
  const std::vector<Range>& ranges() const { return ranges_; }  // ascending, disjoint, not adjacent

  // The set of UIDs in this one that are not in the other.
  UidSet without(const UidSet& other) const;
  UidSet intersection(const UidSet& other) const;

  // IMAP sequence-set form, ascending: "1:5,9". Empty set: "". Also the form on disk.
  std::string to_string() const;
  static std::optional<UidSet> from_string(std::string_view text);

  bool operator==(const UidSet&) const = default;

 private:
  std::vector<Range> ranges_;
};

}  // namespace mailkeep::store
