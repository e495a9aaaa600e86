// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How each table of facts gives back the bytes that its log entries commit to. Private to store/.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/digest.h"
#include "store/log/entry.h"
#include "store/sql/database.h"

namespace mailkeep::store {

struct FactRow {
  std::int64_t position = 0;
  std::string fact;
  std::optional<common::Digest> content;
};

struct FactTable {
  std::string_view noun;   // "sighting": faults are "sighting-altered", "-missing", "-unlogged"
  std::string_view query;  // rows with $1 <= position <= $2, the position in column 0
  // The row as the fact of an entry of this kind; nothing if no row of this kind can hold such
  // values.
  std::optional<FactRow> (*read)(const Row& row, EntryKind kind);
};

std::span<const FactTable> fact_tables();
const FactTable& table_of(EntryKind kind);

}  // namespace mailkeep::store
