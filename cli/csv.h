// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Comma-separated values as in RFC 4180: quotes, doubled quotes in them, CRLF or LF. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace mailkeep::cli {

struct CsvRow {
  std::size_t line = 0;  // where it begins, from 1
  std::vector<std::string> cells;
};

// Without empty lines. Usage, with the line, for a quote that is not closed or not at the edge.
common::Result<std::vector<CsvRow>> parse_csv(std::string_view text);

}  // namespace mailkeep::cli
