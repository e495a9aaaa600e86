// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// next_id: the number that a new row of a small table gets. The caller holds a lock that keeps
// other writers of the table away until its transaction ends (the log's head, for most).

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "common/result.h"
#include "store/sql/database.h"

namespace mailkeep::store {

template <class Id>
common::Result<Id> next_id(Connection& connection, std::string_view table) {
  std::int64_t next = 1;
  MAILKEEP_CHECKED(
      connection.query(fmt::format("SELECT coalesce(max(id), 0) + 1 FROM {} LIMIT 1", table), {},
                       [&next](const Row& row) -> common::Status {
                         next = row.integer(0);
                         return {};
                       }));
  return Id(next);
}

}  // namespace mailkeep::store
