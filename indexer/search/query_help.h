// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The query language's help: as text for people and as data for pages. Any thread may call.

#include <span>
#include <string_view>

namespace mailkeep::search {

struct FieldHelp {
  std::string_view name;   // "message-id"
  std::string_view alias;  // another name, or empty
  std::string_view kind;   // "words", "value", "id", "date" or "size": what follows the colon
  std::string_view help;   // one line
};

std::span<const FieldHelp> field_help();

// A paragraph: operators, fields, dates.
std::string_view query_help();

}  // namespace mailkeep::search
