// SPDX-License-Identifier: GPL-3.0-or-later
// What servers say that folders hold: one transaction for a whole account.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "store/ledger.h"
#include "store/ledger_epochs.h"
#include "store/ledger_segments.h"
#include "store/ledger_states.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kMaxObjectId = 255;

// RFC 8474 §7: objectid = 1*255(ALPHA / DIGIT / "_" / "-").
bool is_objectid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxObjectId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_' || c == '-';
         });
}

// A claim beside what the ledger knows of its epoch.
struct Told {
  const Claim* claim = nullptr;
  const EpochHead* head = nullptr;
  std::string uidls;  // POP3
  common::Digest set_hash;

  // What is not said this time holds on.
  std::string_view mailbox_id() const {
    return is_objectid(claim->mailbox_id) ? claim->mailbox_id : head->mailbox_id;
  }

  bool is_news() const {
    const auto& last = head->last_claim;
    return !last || last->exists != claim->exists || last->uidnext != claim->uidnext ||
           last->highestmodseq != claim->highestmodseq || last->set_hash != set_hash ||
           head->mailbox_id != mailbox_id();
  }
};

Result<Told> tell(const Claim& claim, const std::map<EpochId, EpochHead>& heads) {
  const auto head = heads.find(claim.epoch);
  if (head == heads.end())
    return common::fail(ErrorKind::NotFound, "there is no epoch {}", number(claim.epoch));
  Told told{&claim, &head->second, {}, {}};
  if (!claim.is_inferred) {
    if (!claim.uidls.empty()) told.uidls = encode_uidls(claim.uidls);
    told.set_hash = common::Sha256::of(claim.uidls.empty() ? claim.uids.to_string() : told.uidls);
    return told;
  }
  const auto& last = head->second.last_claim;
  const bool is_last = last && last->exists == claim.exists && last->uidnext == claim.uidnext &&
                       last->highestmodseq == claim.highestmodseq;
  if (!is_last)
    return common::fail(ErrorKind::Conflict,
                        "the folder changed since its UIDs were last listed: list them again");
  told.set_hash = last->set_hash;
  return told;
}

// Archived UIDs that a whole list lacks are gone, those it has again are there.
Result<std::vector<StateChange>> move_presence(Connection& connection, const Claim& claim) {
  std::vector<StateChange> news;
  // A list that is shorter than the server's own count proves nothing about what it leaves out.
  const bool is_whole = claim.uidls.empty() && claim.uids.size() == claim.exists;
  if (!is_whole) return news;
  MAILKEEP_TRY(part, CursorPart::read_all(connection, claim.epoch));
  plan_presence(part.cursor, kGone, part.cursor.archived.without(claim.uids), news);
  plan_presence(part.cursor, kThere, claim.uids, news);
  if (!news.empty()) MAILKEEP_CHECKED(part.write(connection));
  return news;
}

Status write_set(Connection& connection, const Told& told) {
  const Claim& claim = *told.claim;
  if (told.head->last_claim && told.head->last_claim->set_hash == told.set_hash) return {};
  MAILKEEP_CHECKED(write_server_uids(connection, claim.epoch, claim.uids));
  MAILKEEP_CHECKED(
      connection.execute("DELETE FROM server_uidls WHERE epoch_id = $1", {number(claim.epoch)}));
  if (told.uidls.empty()) return {};
  MAILKEEP_CHECKED(connection.execute("INSERT INTO server_uidls (epoch_id, uidls) VALUES ($1, $2)",
                                      {number(claim.epoch), blob(told.uidls)}));
  return {};
}

Status write_claim(Connection& connection, LogAppender& log, const Told& told, common::Micros now) {
  constexpr std::array<std::string_view, 8> kColumns = {"position", "epoch_id",      "exists_count",
                                                        "uidnext",  "highestmodseq", "set_hash",
                                                        "time",     "mailbox_id"};
  const Claim& claim = *told.claim;
  const ClaimFact fact{claim.epoch,   claim.exists, claim.uidnext,    claim.highestmodseq,
                       told.set_hash, now,          told.mailbox_id()};
  MAILKEEP_TRY(position, log.append(EntryKind::Claim, now, std::nullopt, encode(fact)));
  const std::vector<Value> row = {number(position),
                                  number(fact.epoch),
                                  static_cast<std::int64_t>(fact.exists),
                                  std::int64_t{fact.uidnext},
                                  static_cast<std::int64_t>(fact.highestmodseq),
                                  blob(fact.set_hash.view()),
                                  fact.time,
                                  std::string(fact.mailbox_id)};
  MAILKEEP_CHECKED(connection.insert_rows("claims", kColumns, {&row, 1}));
  MAILKEEP_CHECKED(connection.execute("UPDATE epochs SET claim_position = $1 WHERE id = $2",
                                      {number(position), number(claim.epoch)}));
  return {};
}

struct Plan {
  Told told;
  std::vector<StateChange> presence;
};

// Everything that takes time: the sets and the cursors.
Result<std::vector<Plan>> write_sets(Connection& connection, std::span<const Claim> claims,
                                     const std::map<EpochId, EpochHead>& heads) {
  std::vector<Plan> news;
  for (const Claim& claim : claims) {
    MAILKEEP_TRY(told, tell(claim, heads));
    if (!told.is_news()) continue;
    std::vector<StateChange> presence;
    if (!claim.is_inferred) {
      MAILKEEP_CHECKED(write_set(connection, told));
      MAILKEEP_TRY(moved, move_presence(connection, claim));
      presence = std::move(moved);
    }
    news.push_back({std::move(told), std::move(presence)});
  }
  return news;
}

// Marks when each was asked, which also keeps other writers off these epochs until the end.
Status note_times(Connection& connection, std::span<const Claim> claims, common::Micros now) {
  std::vector<Value> listed;
  std::vector<Value> inferred;
  for (const Claim& claim : claims)
    (claim.is_inferred ? inferred : listed).emplace_back(number(claim.epoch));
  const std::array<Value, 1> fixed = {now};
  MAILKEEP_CHECKED(execute_for(
      connection, "UPDATE epochs SET checked = $1, listed = $1 WHERE id IN ", fixed, listed));
  return execute_for(connection, "UPDATE epochs SET checked = $1 WHERE id IN ", fixed, inferred);
}

Result<std::map<EpochId, EpochHead>> heads_of(Connection& connection,
                                              std::span<const Claim> claims) {
  std::vector<EpochId> ids;
  for (const Claim& claim : claims) ids.push_back(claim.epoch);
  MAILKEEP_TRY(heads, find_heads(connection, ids));
  std::map<EpochId, EpochHead> by_id;
  for (EpochHead& head : heads) by_id.emplace(head.id, std::move(head));
  return by_id;
}

}  // namespace

Status Ledger::record_claims(std::span<const Claim> claims) {
  if (claims.empty()) return {};
  const common::Micros now = archive_.clock().now();
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(note_times(connection, claims, now));
  MAILKEEP_TRY(heads, heads_of(connection, claims));
  MAILKEEP_TRY(news, write_sets(connection, claims, heads));
  LogAppender log(connection);
  for (const Plan& plan : news) {
    MAILKEEP_CHECKED(write_claim(connection, log, plan.told, now));
    MAILKEEP_CHECKED(write_states(connection, log, plan.told.claim->epoch, plan.presence, now));
  }
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Result<UidSet> Ledger::claimed_uids(EpochId epoch) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return read_server_uids(reading->connection(), epoch);
}

Result<std::map<EpochId, UidSet>> Ledger::open_uids(AccountId account) {
  std::map<EpochId, UidSet> open;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(each_open(
      reading->connection(), account,
      [&open](AccountId, EpochId epoch, UidSet&& uids) { open.emplace(epoch, std::move(uids)); }));
  return open;
}

}  // namespace mailkeep::store
