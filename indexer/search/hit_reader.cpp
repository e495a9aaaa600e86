// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/hit_reader.h"

#include <string>
#include <utility>

#include "common/encoding.h"
#include "indexer/search/schema.h"
#include "indexer/search/snippet.h"
#include "indexer/search/stored_data.h"

namespace mailkeep::search {
namespace {

constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kOrderBytes = 40;

}  // namespace

Xapian::docid find_document(const Xapian::Database& database, std::string_view id_hex) {
  if (id_hex.size() != kIdDigits) return 0;
  const std::string term = unique_term(fold_case(id_hex));
  const auto at = database.postlist_begin(term);
  return at == database.postlist_end(term) ? 0 : *at;
}

bool is_visible(const Xapian::Document& document, const View& view) {
  return !view.is_narrowed() || view.shows(document.get_value(kSlotAccounts));
}

common::Result<Hit> read_hit(const Xapian::Document& document, const View& view,
                             const Marking* marking) {
  auto stored = decode_stored(document.get_data());
  std::string order = document.get_value(kSlotOrder);
  if (!stored || order.size() != kOrderBytes)
    return common::fail(common::ErrorKind::Index,
                        "a document of the index cannot be read; run mailkeep index --rebuild");
  Hit hit;
  hit.id = common::to_hex(id_of_order(order));
  hit.date = date_of_order(order);
  hit.order = std::move(order);
  hit.from = std::move(stored->from);
  hit.to = std::move(stored->to);
  hit.subject = std::move(stored->subject);
  hit.message_id = std::move(stored->message_id);
  hit.in_reply_to = std::move(stored->in_reply_to);
  hit.references = std::move(stored->references);
  hit.has_attachments = stored->has_attachments;
  hit.unsearchable = std::move(stored->unsearchable);
  hit.accounts = view.visible(document.get_value(kSlotAccounts));
  hit.size = stored->size;
  if (marking != nullptr) {
    const auto& [highlights, patience] = *marking;
    hit.snippet = make_snippet(unpack_text(stored->packed_text), highlights, patience);
    hit.highlights = find_marks(hit.snippet, highlights, patience);
  }
  return hit;
}

}  // namespace mailkeep::search
