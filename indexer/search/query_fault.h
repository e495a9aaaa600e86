// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// QueryFault: where and why a query is refused, for programs; the error's text says the same to
// people. Any thread may call.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mailkeep::search {

// Position and length count Unicode code points, as the error's text does.
struct QueryFault {
  std::string word;          // as typed; empty if the query as a whole is meant
  std::size_t position = 1;  // of its first character, from 1
  std::size_t length = 0;
  std::string reason;  // without word and place
  friend bool operator==(const QueryFault&, const QueryFault&) = default;
};

// Finds what can be found without an index, so not that a beginning stands for too many words.
std::optional<QueryFault> check_query(std::string_view query);

}  // namespace mailkeep::search
