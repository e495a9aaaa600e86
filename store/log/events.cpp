// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/events.h"

#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

common::Result<LogPosition> append_event(Connection& connection, LogAppender& log, EntryKind kind,
                                         std::string_view text, common::Micros time) {
  MAILKEEP_TRY(position, log.append(kind, time, std::nullopt, encode(EventFact{kind, text, time})));
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO events (position, kind, fact_text, time) VALUES ($1, $2, $3, $4)",
      {number(position), static_cast<std::int64_t>(kind), blob(text), time}));
  return position;
}

}  // namespace mailkeep::store
