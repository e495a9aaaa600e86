// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Agenda: which account is fetched next. Time is a parameter; no threads, no I/O.
//
// Who is overdue longest goes first, who was asked for by a person before all others. A host has at
// most `connections_per_host` passes at a time, the whole at most `workers`; a pass that has lasted
// a minute no longer counts among those, so that a few first imports of years of mail hold up
// nobody (at most four times `workers` passes run).
//
// After a pass that failed as a whole the wait doubles, from the interval (at least a minute) up to
// an hour. A refused login waits an hour at once and doubles up to a day: trying on locks accounts.
// Throttled begins at ten minutes and doubles up to four hours. Every wait is shortened or
// lengthened by up to a tenth, so that accounts do not come back all at once.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "store/accounts.h"
#include "store/ids.h"

namespace mailkeep::fetcher {

struct AgendaLimits {
  unsigned workers = 8;
  unsigned connections_per_host = 8;  // never below 2
};

struct AgendaItem {
  store::AccountId account{};
  std::string host;
  std::uint16_t port = 0;
  std::chrono::seconds interval{300};
  bool is_active = true;  // paused accounts are fetched only when asked for
};

class Agenda {
 public:
  // jitter: gives a number from -1 to 1.
  Agenda(const AgendaLimits& limits, std::function<double()> jitter);

  // All accounts there are. An account that is new here is due one interval after `last_end`, or
  // now if it was never fetched; a shorter or longer interval moves the next pass.
  void set_accounts(const std::vector<AgendaItem>& items,
                    const std::map<store::AccountId, common::Micros>& last_end, common::Micros now);

  void ask(store::AccountId account, common::Micros now);  // a person wants it now
  void forget(store::AccountId account);                   // and no longer does

  // The next account to be worked on, which then runs; nothing if none is due or has room.
  std::optional<store::AccountId> take(common::Micros now);
  // Its pass has ended. Cancelled counts neither as success nor as failure.
  void give_back(store::AccountId account, std::optional<common::ErrorKind> error,
                 common::Micros now);

  struct State {
    bool is_running = false;
    bool is_asked = false;
    std::optional<common::Micros> next_due;  // none: paused
    unsigned failures = 0;
  };
  std::optional<State> state(store::AccountId account) const;
  std::size_t running() const;

 private:
  struct Entry {
    AgendaItem item;
    std::optional<common::Micros> last_end;
    std::optional<common::Micros> asked;
    std::optional<common::Micros> started;  // it runs
    std::optional<common::Micros> retry;    // after a failure: not before
    common::Micros due = 0;
    unsigned failures = 0;
    bool is_known = true;  // false: runs on, though the account is gone
  };
  using Place = std::pair<std::string, std::uint16_t>;

  bool has_worker(common::Micros now) const;
  void settle(Entry& entry);
  common::Micros shaken(common::Micros span) const;

  AgendaLimits limits_;
  std::function<double()> jitter_;
  std::map<store::AccountId, Entry> entries_;
  std::map<Place, unsigned> in_use_;
};

}  // namespace mailkeep::fetcher
