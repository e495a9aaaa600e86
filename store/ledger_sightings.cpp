// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_sightings.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "store/log/facts.h"

namespace mailkeep::store {

using common::Digest;
using common::Result;
using common::Status;

namespace {

// What the epoch holds already of the places and contents that a batch names.
struct Known {
  struct Versions {
    std::vector<Digest> digests;
    std::uint32_t highest = 0;
  };
  std::map<Uid, Versions> by_uid;
  std::set<std::pair<std::string, Digest>> by_uidl;
  DigestSet sighted;  // contents with a sighting anywhere
};

std::vector<Digest> digests_of(const std::vector<Arrival>& arrivals) {
  std::vector<Digest> digests;
  digests.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) digests.push_back(arrival.body.digest());
  return digests;
}

// Asked of the sightings, not of the cursor: they are the evidence that it is derived from.
Status find_uids(Connection& connection, const EpochHead& epoch,
                 const std::vector<Arrival>& arrivals, Known& known) {
  std::vector<Value> keys;
  for (const Arrival& arrival : arrivals) {
    if (arrival.uid != 0) keys.emplace_back(std::int64_t{arrival.uid});
  }
  const std::array<Value, 2> fixed = {number(epoch.account), number(epoch.id)};
  return look_up(connection,
                 "SELECT uid, version, digest FROM sightings "
                 "WHERE account_id = $1 AND epoch_id = $2 AND uid IN ",
                 fixed, keys, [&](const Row& row) -> Status {
                   auto& versions = known.by_uid[static_cast<Uid>(row.integer(0))];
                   versions.highest =
                       std::max(versions.highest, static_cast<std::uint32_t>(row.integer(1)));
                   if (const auto digest = Digest::from_bytes(row.bytes(2)))
                     versions.digests.push_back(*digest);
                   return {};
                 });
}

Status find_uidls(Connection& connection, const EpochHead& epoch,
                  const std::vector<Arrival>& arrivals, Known& known) {
  std::vector<Value> keys;
  for (const Arrival& arrival : arrivals) {
    if (arrival.uid == 0 && known.sighted.contains(arrival.body.digest()))
      keys.push_back(blob(arrival.body.digest().view()));
  }
  const std::array<Value, 2> fixed = {number(epoch.account), number(epoch.id)};
  return look_up(connection,
                 "SELECT uidl, digest FROM sightings "
                 "WHERE account_id = $1 AND epoch_id = $2 AND digest IN ",
                 fixed, keys, [&](const Row& row) -> Status {
                   if (const auto digest = Digest::from_bytes(row.bytes(1)))
                     known.by_uidl.emplace(row.bytes(0), *digest);
                   return {};
                 });
}

// 0 if the place was sighted with these very bytes before, else the version of the new sighting.
std::uint32_t claim_version(Known& known, const Arrival& arrival) {
  const Digest& digest = arrival.body.digest();
  // POP3: a UIDL alone is only a hint; the same UIDL with other bytes is another message.
  if (arrival.uid == 0) return known.by_uidl.emplace(arrival.uidl, digest).second ? 1 : 0;
  Known::Versions& versions = known.by_uid[arrival.uid];
  const auto same = std::find(versions.digests.begin(), versions.digests.end(), digest);
  if (same != versions.digests.end()) return 0;
  versions.digests.push_back(digest);
  return ++versions.highest;
}

EntryKind kind_of(Known& known, const Arrival& arrival, std::uint32_t version) {
  const bool is_first_sighting = known.sighted.insert(arrival.body.digest()).second;
  if (version > 1) return EntryKind::Version;
  return is_first_sighting ? EntryKind::Archived : EntryKind::SeenAgain;
}

template <class Number>
Value value_of(const std::optional<Number>& number) {
  if (!number) return std::monostate();
  return static_cast<std::int64_t>(*number);
}

SightingFact fact_of(const EpochHead& epoch, const SightingPlan::Item& item, common::Micros now) {
  const Arrival& arrival = *item.arrival;
  return {item.kind,
          epoch.account,
          epoch.id,
          arrival.uid != 0 ? std::optional<Uid>(arrival.uid) : std::nullopt,
          arrival.uidl,
          item.version,
          arrival.body.digest(),
          arrival.body.size(),
          arrival.internal_date,
          arrival.flags,
          arrival.announced_size,
          now};
}

std::vector<Value> row_of(LogPosition position, const SightingFact& fact) {
  return {number(position),
          number(fact.account),
          number(fact.epoch),
          value_of(fact.uid),
          blob(fact.uidl),
          std::int64_t{fact.version},
          blob(fact.content.view()),
          static_cast<std::int64_t>(fact.size),
          blob(fact.internal_date),
          blob(fact.flags),
          value_of(fact.announced_size),
          fact.seen,
          static_cast<std::int64_t>(fact.kind)};
}

}  // namespace

Result<SightingPlan> plan_sightings(Connection& connection, const EpochHead& epoch,
                                    const std::vector<Arrival>& arrivals) {
  Known known;
  MAILKEEP_TRY(sighted, find_digests(connection, "sightings", digests_of(arrivals)));
  known.sighted = std::move(sighted);
  MAILKEEP_CHECKED(find_uids(connection, epoch, arrivals, known));
  MAILKEEP_CHECKED(find_uidls(connection, epoch, arrivals, known));
  SightingPlan plan;
  for (const Arrival& arrival : arrivals) {
    if (arrival.uid != 0) plan.archived.add(arrival.uid);
    const std::uint32_t version = claim_version(known, arrival);
    if (version == 0) {
      ++plan.already_there;
      continue;
    }
    plan.items.push_back({&arrival, kind_of(known, arrival, version), version});
  }
  return plan;
}

Status write_sightings(Connection& connection, LogAppender& log, const EpochHead& epoch,
                       const SightingPlan& plan, common::Micros now) {
  constexpr std::array<std::string_view, 13> kColumns = {
      "position",      "account_id", "epoch_id",       "uid",  "uidl", "version", "digest", "size",
      "internal_date", "flags",      "announced_size", "seen", "kind"};
  std::vector<std::vector<Value>> rows;
  rows.reserve(plan.items.size());
  for (const SightingPlan::Item& item : plan.items) {
    const SightingFact fact = fact_of(epoch, item, now);
    MAILKEEP_TRY(position, log.append(item.kind, now, fact.content, encode(fact)));
    rows.push_back(row_of(position, fact));
  }
  return connection.insert_rows("sightings", kColumns, rows);
}

}  // namespace mailkeep::store
