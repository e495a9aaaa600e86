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
  bool is_active = true;     // paused accounts are fetched only when asked for
  std::int64_t version = 0;  // of the settings: whoever changed them wants to see what it does
};

class Agenda {
 public:
  // jitter: gives a number from -1 to 1.
  Agenda(const AgendaLimits& limits, std::function<double()> jitter);

  // All accounts there are. One that is new here is due an interval after `last_end`, or now if it
  // was never fetched. Other settings end the waiting after failures.
  void set_accounts(const std::vector<AgendaItem>& items,
                    const std::map<store::AccountId, common::Micros>& last_end, common::Micros now);
  // For an account that was just taken: whether another process has ended a pass over it since
  // ours. It is given back then, and waits from that end on.
  bool note_end(store::AccountId account, common::Micros end, common::Micros now);

  void ask(store::AccountId account, common::Micros now);  // a person wants it now
  void forget(store::AccountId account);                   // and no longer does

  struct Start {
    store::AccountId account{};
    bool is_asked = false;
  };
  // What is to be worked on next, running from now on; nothing if nothing is due or has room.
  std::optional<Start> take(common::Micros now);
  // Its pass has ended. Cancelled and Busy count neither as success nor as failure.
  void give_back(store::AccountId account, std::optional<common::ErrorKind> error,
                 common::Micros now);

  struct State {
    bool is_running = false;
    bool is_waiting = false;                 // asked for or due, and not running
    std::optional<common::Micros> next_due;  // none: paused
    unsigned failures = 0;
  };
  std::optional<State> state(store::AccountId account, common::Micros now) const;

 private:
  struct Entry {
    AgendaItem item;
    common::Micros due = 0;
    std::optional<common::Micros> last_end;
    std::optional<common::Micros> asked;
    std::optional<common::Micros> started;  // it runs
    unsigned failures = 0;                  // in a row
    bool is_known = true;                   // false: still runs, though the account is gone
  };
  using Place = std::pair<std::string, std::uint16_t>;

  void set_account(const AgendaItem& item, std::optional<common::Micros> last_end,
                   common::Micros now);
  void plan_after(Entry& entry, common::Micros end, common::Micros now);
  bool has_worker(common::Micros now) const;
  bool has_room(const Entry& entry) const;
  common::Micros shaken(std::chrono::seconds span) const;

  AgendaLimits limits_;
  std::function<double()> jitter_;
  std::map<store::AccountId, Entry> entries_;
};

// How long to wait after so many passes in a row that failed, the last one for this reason.
std::chrono::seconds wait_after_failure(common::ErrorKind kind, unsigned failures,
                                        std::chrono::seconds interval);

}  // namespace mailkeep::fetcher
