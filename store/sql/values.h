// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What both drivers ask of values and of bulk loads, so that the engines cannot differ in it.

#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "store/sql/database.h"

namespace mailkeep::store {

// Malformed if a text holds a NUL or is not UTF-8: PostgreSQL takes neither, SQLite takes both.
common::Status check_texts(std::span<const Value> values);

// "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)".
std::string insert_statement(std::string_view table, std::span<const std::string_view> columns,
                             std::size_t rows, bool skip_existing);

}  // namespace mailkeep::store
