// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/csv.h"

#include <gtest/gtest.h>

namespace mailkeep::cli {
namespace {

std::vector<std::vector<std::string>> cells(std::string_view text) {
  const auto rows = parse_csv(text);
  EXPECT_TRUE(rows) << rows.error().text;
  std::vector<std::vector<std::string>> all;
  if (!rows) return all;
  all.reserve(rows->size());
  for (const CsvRow& row : *rows) all.push_back(row.cells);
  return all;
}

TEST(Csv, ReadsQuotesLineEndsAndEmptyCells) {
  using Cells = std::vector<std::vector<std::string>>;
  EXPECT_EQ(cells(""), Cells{});
  EXPECT_EQ(cells("a,b\r\n\r\nc,\n"), (Cells{{"a", "b"}, {"c", ""}}));
  EXPECT_EQ(cells("\"a,\"\"b\"\"\nc\",d"), (Cells{{"a,\"b\"\nc", "d"}}));
  EXPECT_EQ(cells("\xEF\xBB\xBFname\n"), (Cells{{"name"}}));
  EXPECT_EQ(cells(",\n"), (Cells{{"", ""}}));
}

TEST(Csv, CountsLinesAlsoWithinQuotes) {
  const auto rows = parse_csv("\"a\nb\"\nc\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->back().line, 3U);
}

TEST(Csv, RefusesQuotesThatDoNotFit) {
  for (const char* text : {"\"a", "\"a\"b\n", "a\"b\n", "x\n\"a"}) EXPECT_FALSE(parse_csv(text));
}

}  // namespace
}  // namespace mailkeep::cli
