// SPDX-License-Identifier: GPL-3.0-or-later
// Property: any text is a query or an error that says why.

#include "indexer/search/query_syntax.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr mailkeep::common::Micros kNow = 1'700'000'000'000'000;
  const auto query = mailkeep::search::parse_query(mailkeep::fuzz::as_text(data, size), kNow);
  mailkeep::fuzz::require(query.has_value() || !query.error().text.empty());
  return 0;
}
