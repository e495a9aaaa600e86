// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/query_help.h"

#include <algorithm>
#include <string>
#include <vector>

#include "indexer/search/schema.h"

namespace mailkeep::search {
namespace {

constexpr std::string_view kBefore =
    R"(A query is made of words; all of them must occur: invoice march.
A word also finds its other forms (invoices); "invoice" or =invoice finds only itself.
"exact words in a row", invoi* (beginnings), a NEAR/5 b, * (every message),
AND, OR, NOT in capitals, -word, ( ) for grouping. A field narrows: from:anna,
subject:"final offer", to:(anna OR example.com). Case does not matter. Fields:
)";

std::string make_help() {
  std::string text(kBefore);
  for (const Field& field : fields()) {
    std::string name(field.name);
    if (!field.alias.empty()) name += ", " + std::string(field.alias);
    name.resize(std::max<std::size_t>(name.size(), 18), ' ');
    text += "  " + name + " " + std::string(field.help) + "\n";
  }
  return text;
}

std::string_view kind_word(FieldKind kind) {
  switch (kind) {
    case FieldKind::Text:
      return "words";
    case FieldKind::Boolean:
      return "value";
    case FieldKind::Digest:
      return "id";
    case FieldKind::Date:
    case FieldKind::After:
    case FieldKind::Before:
      return "date";
    case FieldKind::Larger:
    case FieldKind::Smaller:
      return "size";
  }
  return "";
}

std::vector<FieldHelp> make_field_help() {
  std::vector<FieldHelp> list;
  for (const Field& field : fields())
    list.push_back({field.name, field.alias, kind_word(field.kind), field.help});
  return list;
}

}  // namespace

std::span<const FieldHelp> field_help() {
  static const std::vector<FieldHelp> list = make_field_help();
  return list;
}

std::string_view query_help() {
  static const std::string text = make_help();
  return text;
}

}  // namespace mailkeep::search
