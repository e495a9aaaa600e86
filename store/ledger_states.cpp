// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_states.h"

#include <array>
#include <functional>
#include <utility>

#include "store/ledger_epochs.h"
#include "store/log/state_facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kRangesAtMost = 200;  // looked up one by one; of more, all are read

// Flags as they were when the messages were sighted. among: only of these UIDs.
Status read_first_flags(Connection& connection, const EpochHead& epoch, const UidSet* among,
                        StateFold& fold) {
  const auto take = [&](const Row& row) {
    UidSet one;
    one.add(static_cast<Uid>(row.integer(0)));
    if (among == nullptr || among->intersects(one)) fold.apply(normal_flags(row.bytes(1)), one);
    return Status();
  };
  const std::string select =
      "SELECT uid, flags FROM sightings WHERE account_id = $1 AND epoch_id = $2 AND uid BETWEEN $3 "
      "AND $4 ORDER BY uid, version";
  UidSet all;
  all.add(1, 0xffffffffU);
  const UidSet& asked = among != nullptr && among->ranges().size() <= kRangesAtMost ? *among : all;
  for (const UidSet::Range& range : asked.ranges())
    MAILKEEP_CHECKED(connection.query(select,
                                      {number(epoch.account), number(epoch.id),
                                       std::int64_t{range.first}, std::int64_t{range.last}},
                                      take));
  return {};
}

Status fold_changes(Connection& connection, EpochId epoch, StateKind kind, const UidSet* among,
                    StateFold& fold) {
  return each_state(
      connection, epoch, [&](common::Micros, const std::vector<StateChange>& changes) {
        for (const StateChange& change : changes) {
          if (change.kind != kind) continue;
          fold.apply(change.value,
                     among != nullptr ? change.uids.intersection(*among) : change.uids);
        }
      });
}

Result<StateFold> read_states(Connection& connection, const EpochHead& epoch, StateKind kind,
                              const UidSet* among, const std::vector<Arrival>& arrivals = {}) {
  StateFold fold;
  if (kind == StateKind::Flags) {
    MAILKEEP_CHECKED(read_first_flags(connection, epoch, among, fold));
    for (const Arrival& arrival : arrivals) {
      UidSet one;
      if (arrival.uid == 0) continue;
      one.add(arrival.uid);
      fold.apply(normal_flags(arrival.flags), one);
    }
  }
  MAILKEEP_CHECKED(fold_changes(connection, epoch.id, kind, among, fold));
  return fold;
}

// What is said of one kind, less what holds already.
Status plan_kind(Connection& connection, const EpochHead& epoch, StateKind kind,
                 const std::vector<StateChange>& changes, const std::vector<Arrival>& arrivals,
                 std::vector<StateChange>& news) {
  UidSet named;
  for (const StateChange& change : changes) {
    if (change.kind == kind) named.add(change.uids);
  }
  if (named.empty()) return {};
  MAILKEEP_TRY(fold, read_states(connection, epoch, kind, &named, arrivals));
  for (const StateChange& change : changes) {
    if (change.kind != kind) continue;
    const std::string value = kind == StateKind::Flags ? normal_flags(change.value) : change.value;
    UidSet uids = change.uids;
    const auto same = fold.values().find(value);
    if (same != fold.values().end()) uids.remove(same->second);
    if (uids.empty()) continue;
    fold.apply(value, uids);
    news.push_back({kind, value, std::move(uids)});
  }
  return {};
}

}  // namespace

void StateFold::apply(const std::string& value, const UidSet& uids) {
  if (uids.empty()) return;
  for (auto& [other, theirs] : values_) {
    if (other != value) theirs.remove(uids);
  }
  values_[value].add(uids);
}

Result<std::vector<StateChange>> plan_states(Connection& connection, const EpochHead& epoch,
                                             const std::vector<StateChange>& changes,
                                             const std::vector<Arrival>& arrivals) {
  std::vector<StateChange> news;
  for (const StateKind kind : {StateKind::Flags, StateKind::Labels})
    MAILKEEP_CHECKED(plan_kind(connection, epoch, kind, changes, arrivals, news));
  return news;
}

void plan_presence(Cursor& cursor, std::string_view value, const UidSet& uids,
                   std::vector<StateChange>& news) {
  UidSet changed;
  if (value == kGone) {
    changed = cursor.archived.intersection(uids).without(cursor.gone);
    cursor.gone.add(changed);
  } else {
    changed = cursor.gone.intersection(uids);
    cursor.gone.remove(changed);
  }
  if (!changed.empty())
    news.push_back({StateKind::Presence, std::string(value), std::move(changed)});
}

Status write_states(Connection& connection, LogAppender& log, EpochId epoch,
                    const std::vector<StateChange>& changes, common::Micros now) {
  constexpr std::array<std::string_view, 4> kColumns = {"position", "epoch_id", "changes", "time"};
  if (changes.empty()) return {};
  std::string bytes = encode_changes(changes);
  MAILKEEP_TRY(position, log.append(EntryKind::State, now, std::nullopt,
                                    encode(StateFact{epoch, bytes, now})));
  const std::vector<Value> row = {number(position), number(epoch), Blob{std::move(bytes)}, now};
  return connection.insert_rows("states", kColumns, {&row, 1});
}

Status each_state(
    Connection& connection, EpochId epoch,
    const std::function<void(common::Micros, const std::vector<StateChange>&)>& visit) {
  return connection.query(
      "SELECT position, changes, time FROM states WHERE epoch_id = $1 ORDER BY position",
      {number(epoch)}, [&](const Row& row) -> Status {
        const auto changes = decode_changes(row.bytes(1));
        if (!changes)
          return common::fail(ErrorKind::Corrupt,
                              "the states at log position {} are damaged: run `mailkeep verify`",
                              row.integer(0));
        visit(row.integer(2), *changes);
        return {};
      });
}

Status Ledger::record_states(EpochId epoch, const std::vector<StateChange>& changes) {
  const common::Micros now = archive_.clock().now();
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_TRY(head, lock_epoch(connection, epoch));
  MAILKEEP_TRY(news, plan_states(connection, head, changes));
  UidSet present;
  for (const StateChange& change : changes) {
    if (change.kind == StateKind::Presence) present.add(change.uids);
  }
  MAILKEEP_TRY(part, CursorPart::read(connection, epoch, present));
  for (const StateChange& change : changes) {
    if (change.kind == StateKind::Presence)
      plan_presence(part.cursor, change.value, change.uids, news);
  }
  if (news.empty()) return {};
  MAILKEEP_CHECKED(part.write(connection));
  LogAppender log(connection);
  MAILKEEP_CHECKED(write_states(connection, log, epoch, news, now));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Result<std::map<std::string, UidSet>> Ledger::states(EpochId epoch, StateKind kind) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  Connection& connection = reading->connection();
  if (kind == StateKind::Presence) {
    MAILKEEP_TRY(cursor, read_cursor(connection, epoch));
    std::map<std::string, UidSet> values;
    if (!cursor.gone.empty()) values.emplace(kGone, std::move(cursor.gone));
    return values;
  }
  MAILKEEP_TRY(heads, find_heads(connection, {epoch}));
  if (heads.empty())
    return common::fail(ErrorKind::NotFound, "there is no epoch {}", number(epoch));
  MAILKEEP_TRY(fold, read_states(connection, heads.front(), kind, nullptr));
  std::map<std::string, UidSet> values = fold.values();
  std::erase_if(values, [](const auto& entry) { return entry.second.empty(); });
  return values;
}

}  // namespace mailkeep::store
