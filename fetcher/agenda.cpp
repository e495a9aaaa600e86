// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/agenda.h"

#include <algorithm>
#include <set>

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::Micros;
using store::AccountId;

namespace {

constexpr unsigned kLeastConnections =
    2;  // one stalled account must not stop the others of its host
constexpr unsigned kLongPassesPerWorker = 3;
constexpr Micros kLongPass = 60'000'000;
constexpr double kJitter = 0.1;

struct BackOff {
  std::chrono::seconds first;
  std::chrono::seconds most;
};

BackOff back_off_of(ErrorKind kind, std::chrono::seconds interval) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (kind == ErrorKind::Auth) return {hours(1), hours(24)};
  if (kind == ErrorKind::Throttled) return {minutes(10), hours(4)};
  return {std::max<std::chrono::seconds>(interval, minutes(1)), hours(1)};
}

bool is_failure(const std::optional<ErrorKind>& error) {
  return error && *error != ErrorKind::Cancelled && *error != ErrorKind::Busy;
}

Micros micros(std::chrono::seconds span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
}

}  // namespace

std::chrono::seconds wait_after_failure(ErrorKind kind, unsigned failures,
                                        std::chrono::seconds interval) {
  const BackOff back_off = back_off_of(kind, interval);
  std::chrono::seconds wait = back_off.first;
  for (unsigned i = 1; i < failures && wait < back_off.most; ++i) wait *= 2;
  // Failing is no reason to come more often than when all is well.
  return std::max(std::min(wait, back_off.most), interval);
}

Agenda::Agenda(const AgendaLimits& limits, std::function<double()> jitter)
    : limits_(limits), jitter_(std::move(jitter)) {
  limits_.workers = std::max(limits_.workers, 1U);
  limits_.connections_per_host = std::max(limits_.connections_per_host, kLeastConnections);
}

void Agenda::set_accounts(const std::vector<AgendaItem>& items,
                          const std::map<AccountId, Micros>& last_end, Micros now) {
  std::set<AccountId> there;
  for (const AgendaItem& item : items) {
    there.insert(item.account);
    const auto end = last_end.find(item.account);
    set_account(item, end == last_end.end() ? std::optional<Micros>() : end->second, now);
  }
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry->second.is_known = there.contains(entry->first);
    const bool is_over = !entry->second.is_known && !entry->second.started;
    entry = is_over ? entries_.erase(entry) : std::next(entry);
  }
}

void Agenda::set_account(const AgendaItem& item, std::optional<Micros> last_end, Micros now) {
  const auto found = entries_.find(item.account);
  if (found == entries_.end()) {
    Entry entry;
    entry.item = item;
    entry.last_end = last_end;
    entry.due = now;
    if (last_end) plan_after(entry, *last_end, now);
    entries_.emplace(item.account, std::move(entry));
    return;
  }
  Entry& entry = found->second;
  const bool is_other = entry.item.version != item.version;
  entry.item = item;
  if (is_other) {
    entry.failures = 0;
    entry.due = now;
  }
  // The clock was turned back: nothing may be waited for longer than it would be from now on.
  const auto longest = entry.failures > 0
                           ? std::max<std::chrono::seconds>(std::chrono::hours(24), item.interval)
                           : item.interval;
  const auto latest =
      now + static_cast<Micros>((1 + kJitter) * static_cast<double>(micros(longest)));
  entry.due = std::min(entry.due, latest);
}

bool Agenda::note_end(AccountId account, Micros end, Micros now) {
  Entry& entry = entries_.at(account);
  if (entry.last_end && *entry.last_end >= end) return false;
  entry.started.reset();
  plan_after(entry, end, now);
  return true;
}

void Agenda::plan_after(Entry& entry, Micros end, Micros now) {
  entry.last_end = end;
  entry.due = std::min(end, now) + shaken(entry.item.interval);
}

void Agenda::ask(AccountId account, Micros now) {
  const auto entry = entries_.find(account);
  if (entry != entries_.end() && !entry->second.asked) entry->second.asked = now;
}

void Agenda::forget(AccountId account) {
  const auto entry = entries_.find(account);
  if (entry != entries_.end()) entry->second.asked.reset();
}

std::optional<Agenda::Start> Agenda::take(Micros now) {
  if (!has_worker(now)) return std::nullopt;
  Entry* next = nullptr;
  const auto goes_before = [](const Entry& a, const Entry& b) {
    if (a.asked.has_value() != b.asked.has_value()) return a.asked.has_value();
    return a.asked ? *a.asked < *b.asked : a.due < b.due;
  };
  for (auto& [account, entry] : entries_) {
    const bool is_wanted = entry.asked || (entry.item.is_active && entry.due <= now);
    if (!is_wanted || entry.started || !entry.is_known || !has_room(entry)) continue;
    if (next == nullptr || goes_before(entry, *next)) next = &entry;
  }
  if (next == nullptr) return std::nullopt;
  const Start start{next->item.account, next->asked.has_value()};
  next->asked.reset();
  next->started = now;
  return start;
}

void Agenda::give_back(AccountId account, std::optional<ErrorKind> error, Micros now) {
  const auto found = entries_.find(account);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.started.reset();
  if (!is_failure(error)) {
    if (!error) entry.failures = 0;
    plan_after(entry, now, now);
    return;
  }
  ++entry.failures;
  entry.last_end = now;
  entry.due = now + shaken(wait_after_failure(*error, entry.failures, entry.item.interval));
}

std::optional<Agenda::State> Agenda::state(AccountId account, Micros now) const {
  const auto found = entries_.find(account);
  if (found == entries_.end() || !found->second.is_known) return std::nullopt;
  const Entry& entry = found->second;
  State state;
  state.is_running = entry.started.has_value();
  const bool is_due = entry.item.is_active && entry.due <= now;
  state.is_waiting = !state.is_running && (entry.asked || is_due);
  if (entry.item.is_active) state.next_due = entry.due;
  state.failures = entry.failures;
  return state;
}

bool Agenda::has_worker(Micros now) const {
  unsigned running = 0;
  unsigned young = 0;
  for (const auto& [account, entry] : entries_) {
    if (!entry.started) continue;
    ++running;
    young += now - *entry.started < kLongPass ? 1 : 0;
  }
  return young < limits_.workers && running < limits_.workers * (1 + kLongPassesPerWorker);
}

bool Agenda::has_room(const Entry& entry) const {
  const Place place(entry.item.host, entry.item.port);
  unsigned in_use = 0;
  for (const auto& [account, other] : entries_) {
    const bool is_there = other.started && Place(other.item.host, other.item.port) == place;
    in_use += is_there ? 1 : 0;
  }
  return in_use < limits_.connections_per_host;
}

Micros Agenda::shaken(std::chrono::seconds span) const {
  return static_cast<Micros>((1 + kJitter * jitter_()) * static_cast<double>(micros(span)));
}

}  // namespace mailkeep::fetcher
