// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/schema.h"
#include "indexer/search/searcher.h"

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

}  // namespace

std::string_view query_help() {
  static const std::string text = make_help();
  return text;
}

}  // namespace mailkeep::search
