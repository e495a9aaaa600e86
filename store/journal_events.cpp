// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <array>
#include <limits>

#include "common/printable.h"
#include "store/journal.h"
#include "store/log/appender.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::array<std::string_view, 4> kColumns = {"position", "kind", "fact_text", "time"};

Result<EntryKind> event_kind(std::string_view name) {
  const auto kind = entry_kind(name);
  if (kind && is_event(*kind)) return *kind;
  return common::fail(ErrorKind::Usage, "'{}' is not a kind of event", common::printable(name));
}

struct Filter {
  std::string where;
  std::vector<Value> parameters;
};

Result<Filter> filter_for(const EventQuery& query) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  Filter filter{
      "position >= $1 AND position < $2",
      {query.from ? number(*query.from) : 0, query.before ? number(*query.before) : kEnd}};
  std::string kinds;
  for (const std::string& name : query.kinds) {
    MAILKEEP_TRY(kind, event_kind(name));
    // Our own small numbers, so that the text of the statement has few forms.
    kinds += fmt::format("{}{}", kinds.empty() ? "" : ", ", static_cast<int>(kind));
  }
  if (!kinds.empty()) filter.where += fmt::format(" AND kind IN ({})", kinds);
  return filter;
}

Result<EventRecord> record_of(const Row& row) {
  const auto kind = entry_kind(row.integer(1));
  if (!kind)
    return common::fail(ErrorKind::Corrupt,
                        "the event at log position {} is damaged: run `mailkeep verify`",
                        row.integer(0));
  return EventRecord{LogPosition{row.integer(0)}, std::string(name_of(*kind)), row.integer(3),
                     std::string(row.bytes(2))};
}

}  // namespace

Status Journal::record_event(std::string_view kind, std::string_view text) {
  const Event event{std::string(kind), std::string(text)};
  return record_events({&event, 1});
}

Status Journal::record_events(std::span<const Event> events) {
  std::vector<EntryKind> kinds;
  for (const Event& event : events) {
    MAILKEEP_TRY(kind, event_kind(event.kind));
    kinds.push_back(kind);
  }
  if (kinds.empty()) return {};
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  LogAppender log(transaction->connection());
  // Order: the head first, so that the times stand in the log in the order of the positions.
  MAILKEEP_CHECKED(log.lock_head());
  const common::Micros now = archive_.clock().now();
  std::vector<std::vector<Value>> rows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    MAILKEEP_TRY(position, log.append(kinds[i], now, std::nullopt,
                                      encode(EventFact{kinds[i], events[i].text, now})));
    rows.push_back(
        {number(position), static_cast<std::int64_t>(kinds[i]), blob(events[i].text), now});
  }
  MAILKEEP_CHECKED(transaction->connection().insert_rows("events", kColumns, rows));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Result<std::vector<EventRecord>> Journal::events(const EventQuery& query) {
  MAILKEEP_TRY(filter, filter_for(query));
  filter.parameters.emplace_back(static_cast<std::int64_t>(query.limit));
  const std::string sql = fmt::format(
      "SELECT position, kind, fact_text, time FROM events WHERE {} ORDER BY position{} LIMIT $3",
      filter.where, query.order == Order::NewestFirst ? " DESC" : "");
  std::vector<EventRecord> records;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(
      reading->connection().query(sql, filter.parameters, [&](const Row& row) -> Status {
        MAILKEEP_TRY(record, record_of(row));
        records.push_back(std::move(record));
        return {};
      }));
  return records;
}

Result<std::uint64_t> Journal::count_events(const EventQuery& query) {
  MAILKEEP_TRY(filter, filter_for(query));
  std::uint64_t count = 0;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(
      reading->connection().query(fmt::format("SELECT count(*) FROM events WHERE {}", filter.where),
                                  filter.parameters, [&](const Row& row) {
                                    count = static_cast<std::uint64_t>(row.integer(0));
                                    return Status();
                                  }));
  return count;
}

}  // namespace mailkeep::store
