// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Migrations: numbered, forward only, each in one transaction.

#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "store/archive.h"
#include "store/sql/database.h"

namespace mailkeep::store {

inline constexpr std::int64_t kNewestSchema = 3;

// Where the engines' words differ.
struct Dialect {
  std::string_view blob;            // the type of bytes
  std::string_view id;              // the type of a 64-bit integer
  std::string_view count_meta;      // counts the tables named meta: 0 or 1
  std::string_view lock_migration;  // makes other migrating processes wait; empty: BEGIN does
  std::span<const std::string_view> after_schema_1;  // physical settings of the new tables
};

// Creates or migrates what is older than kNewestSchema. Conflict if it is newer; Config if it must
// be created or migrated and the access is ReadOnly. `place` names the store in error texts.
common::Status bring_up_to_date(Database& database, const Dialect& dialect, Access access,
                                std::string_view place);

// The random name that the archive got when it was made.
common::Result<std::string> archive_id(Connection& connection);

}  // namespace mailkeep::store
