// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Acts as entries of the log, with the rows of `events` that say them. Private to store/.

#include <string_view>

#include "common/clock.h"
#include "common/result.h"
#include "store/log/appender.h"

namespace mailkeep::store {

// Into the caller's transaction, whose log.finish() is still to come. text: the fact.
common::Result<LogPosition> append_event(Connection& connection, LogAppender& log, EntryKind kind,
                                         std::string_view text, common::Micros time);

}  // namespace mailkeep::store
