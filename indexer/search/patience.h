// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Patience: how long a question may take. Xapian's own time limit does not hold where totals are
// exact, so what is called for each candidate looks at the clock. Private to indexer/.

#include <xapian.h>

#include <chrono>
#include <optional>

#include "common/deadline.h"

namespace mailkeep::search {

struct OutOfTime {};  // thrown through Xapian's matcher; Searcher makes it Limit

class Patience {
 public:
  // Unset: without end.
  explicit Patience(std::optional<std::chrono::milliseconds> span = {}) {
    if (span) deadline_ = common::Deadline::in(*span);
  }

  void tick() {
    if (++ticks_ % kTicksPerLook == 0 && deadline_ && deadline_->has_passed()) throw OutOfTime();
  }

 private:
  static constexpr unsigned kTicksPerLook = 128;
  std::optional<common::Deadline> deadline_;
  unsigned ticks_ = 0;
};

// Every document, with a tick for each: stands where the matcher may try many documents and find
// none that the decider would see.
class TickSource : public Xapian::PostingSource {
 public:
  explicit TickSource(Patience& patience) : patience_(patience) {}

  Xapian::doccount get_termfreq_min() const override { return documents_; }
  Xapian::doccount get_termfreq_est() const override { return documents_; }
  Xapian::doccount get_termfreq_max() const override { return documents_; }
  void init(const Xapian::Database& database) override {
    documents_ = database.get_doccount();
    last_ = database.get_lastdocid();
    at_ = 0;
  }
  void next(double /*min_weight*/) override { move_to(at_ + 1); }
  void skip_to(Xapian::docid to, double /*min_weight*/) override { move_to(to); }
  bool at_end() const override { return at_ > last_; }
  Xapian::docid get_docid() const override { return at_; }

 private:
  void move_to(Xapian::docid to) {
    at_ = to;
    patience_.tick();
  }

  Patience& patience_;
  Xapian::doccount documents_ = 0;
  Xapian::docid last_ = 0;
  Xapian::docid at_ = 0;
};

inline Xapian::Query ticking(Patience& patience) {
  return Xapian::Query((new TickSource(patience))->release());
}

}  // namespace mailkeep::search
