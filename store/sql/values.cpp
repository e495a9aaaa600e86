// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/values.h"

#include "common/printable.h"

namespace mailkeep::store {

common::Status check_texts(std::span<const Value> values) {
  for (const Value& value : values) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    if (text->find('\0') != std::string::npos || !common::is_valid_utf8(*text))
      return common::fail(common::ErrorKind::Malformed,
                          "the text \"{}\" cannot be stored: it must be UTF-8 without NUL",
                          common::printable(text->substr(0, 80)));
  }
  return {};
}

std::string insert_statement(std::string_view table, std::span<const std::string_view> columns,
                             std::size_t rows, bool skip_existing) {
  std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ", table, fmt::join(columns, ", "));
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (column > 0) sql += ", ";
      sql += '$';
      sql += std::to_string(++parameter);
    }
    sql += ')';
  }
  if (skip_existing) sql += " ON CONFLICT DO NOTHING";
  return sql;
}

}  // namespace mailkeep::store
