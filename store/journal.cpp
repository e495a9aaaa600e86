// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/lookup.h"
#include "store/state_history.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

// LEFT JOIN: a sighting is handed out even if what names its place was taken from the database.
constexpr std::string_view kSelectSightings =
    "SELECT s.position, s.account_id, a.name, a.custodian, s.epoch_id, COALESCE((SELECT r.folder "
    "FROM renames r WHERE r.epoch_id = s.epoch_id AND r.position < s.position ORDER BY r.position "
    "DESC LIMIT 1), e.folder), e.uidvalidity, s.uid, s.uidl, s.version, s.digest, s.size, "
    "s.internal_date, s.flags, s.seen, e.name "
    "FROM sightings s LEFT JOIN epochs e ON e.id = s.epoch_id "
    "LEFT JOIN accounts a ON a.id = s.account_id ";

Result<Sighting> sighting_of(const Row& row) {
  const auto content = common::Digest::from_bytes(row.bytes(10));
  if (!content)
    return common::fail(ErrorKind::Corrupt,
                        "the sighting at log position {} is damaged: run `mailkeep verify`",
                        row.integer(0));
  Sighting sighting;
  sighting.position = LogPosition{row.integer(0)};
  sighting.account = AccountId{row.integer(1)};
  sighting.account_name = row.text(2);
  sighting.custodian = row.text(3);
  if (sighting.custodian.empty()) sighting.custodian = sighting.account_name;
  sighting.epoch = EpochId{row.integer(4)};
  sighting.folder = row.bytes(5);
  sighting.uidvalidity = static_cast<std::uint32_t>(row.integer(6));
  sighting.has_uid = !row.is_null(7);
  sighting.uid = static_cast<Uid>(row.integer(7));
  sighting.uidl = row.bytes(8);
  sighting.version = static_cast<std::uint32_t>(row.integer(9));
  sighting.content = *content;
  sighting.size = static_cast<std::uint64_t>(row.integer(11));
  sighting.internal_date = row.bytes(12);
  sighting.flags = row.bytes(13);
  sighting.seen = row.integer(14);
  sighting.folder_now = row.bytes(15);
  return sighting;
}

Result<std::vector<Sighting>> select_sightings(Connection& connection, std::string_view where,
                                               std::initializer_list<Value> parameters) {
  std::vector<Sighting> sightings;
  const std::string sql = std::string(kSelectSightings).append(where);
  MAILKEEP_CHECKED(connection.query(sql, parameters, [&](const Row& row) -> Status {
    MAILKEEP_TRY(sighting, sighting_of(row));
    sightings.push_back(std::move(sighting));
    return {};
  }));
  return sightings;
}

std::string where_accounts(const std::vector<std::string>& accounts,
                           std::vector<Value>& parameters) {
  if (accounts.empty()) return {};
  std::string where = "WHERE a.name IN (";
  for (const std::string& name : accounts) {
    where += fmt::format("{}${}", parameters.empty() ? "" : ", ", parameters.size() + 1);
    parameters.emplace_back(name);
  }
  return where + ") ";
}

void add_states(const StateHistory& history, std::vector<Sighting>& sightings) {
  for (Sighting& sighting : sightings) {
    if (sighting.has_uid) sighting.states = history.of(sighting.epoch, sighting.uid);
  }
}

}  // namespace

std::optional<common::Micros> Sighting::gone() const {
  std::optional<common::Micros> since;
  for (const StateRecord& state : states) {
    if (state.kind != StateKind::Presence) continue;
    since = state.value == kGone ? std::optional(state.since) : std::nullopt;
  }
  return since;
}

Result<LogPosition> Journal::size() {
  LogPosition size{};
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query("SELECT size FROM log_head WHERE one = 1", {},
                                               [&](const Row& row) {
                                                 size = LogPosition{row.integer(0)};
                                                 return Status();
                                               }));
  return size;
}

Result<std::vector<Sighting>> Journal::sightings(LogPosition from, LogPosition to,
                                                 std::size_t limit) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return select_sightings(reading->connection(),
                          "WHERE s.position >= $1 AND s.position < $2 ORDER BY s.position LIMIT $3",
                          {number(from), number(to), static_cast<std::int64_t>(limit)});
}

Result<std::vector<Sighting>> Journal::sightings_of(const common::Digest& content) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(sightings,
               select_sightings(reading->connection(), "WHERE s.digest = $1 ORDER BY s.position",
                                {blob(content.view())}));
  std::vector<EpochId> epochs;
  for (const Sighting& sighting : sightings) {
    if (sighting.has_uid) epochs.push_back(sighting.epoch);
  }
  std::sort(epochs.begin(), epochs.end());
  epochs.erase(std::unique(epochs.begin(), epochs.end()), epochs.end());
  MAILKEEP_TRY(history, StateHistory::read(reading->connection(), epochs));
  add_states(history, sightings);
  return std::move(sightings);
}

Status Journal::each_message(const std::vector<std::string>& accounts,
                             const std::function<Status(const std::vector<Sighting>&)>& visit) {
  std::vector<Value> parameters;
  const std::string sql = std::string(kSelectSightings) + where_accounts(accounts, parameters) +
                          "ORDER BY s.digest, s.position";
  std::vector<Sighting> message;  // only one message is held at a time
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  // The order of the list is not that in which states lie, so those are held beside it.
  MAILKEEP_TRY(history, StateHistory::read(reading->connection()));
  const auto hand_out = [&] {
    add_states(history, message);
    return visit(message);
  };
  const auto take = [&](const Row& row) -> Status {
    MAILKEEP_TRY(sighting, sighting_of(row));
    if (!message.empty() && message.front().content != sighting.content) {
      MAILKEEP_CHECKED(hand_out());
      message.clear();
    }
    message.push_back(std::move(sighting));
    return {};
  };
  MAILKEEP_CHECKED(reading->connection().query(sql, parameters, take));
  if (message.empty()) return {};
  return hand_out();
}

}  // namespace mailkeep::store
