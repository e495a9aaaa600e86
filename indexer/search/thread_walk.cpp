// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/thread_walk.h"

#include <string_view>

#include "indexer/search/hit_reader.h"
#include "indexer/search/schema.h"

namespace mailkeep::search {
namespace {

std::string_view prefix_of(FieldId field) { return field_of(field).prefix; }

}  // namespace

std::vector<Xapian::docid> ThreadWalk::run(Xapian::docid start, const View& view,
                                           std::size_t limit) {
  std::vector<Xapian::docid> found;
  see(start);
  while (!waiting_.empty()) {
    const Xapian::docid document = waiting_.front();
    waiting_.pop_front();
    if (is_visible(database_.get_document(document), view)) {
      if (found.size() == limit) {
        is_truncated_ = true;
        break;
      }
      found.push_back(document);
    }
    follow(document);
  }
  return found;
}

void ThreadWalk::see(Xapian::docid document) {
  if (seen_.contains(document)) return;
  if (seen_.size() == kMaxThreadWalk) {
    is_truncated_ = true;
    return;
  }
  seen_.insert(document);
  waiting_.push_back(document);
}

// In the list of terms, words of the text, of which there are many, stand behind these.
void ThreadWalk::follow(Xapian::docid document) {
  for (const FieldId field : {FieldId::MessageId, FieldId::References}) {
    const std::string prefix(prefix_of(field));
    auto term = database_.termlist_begin(document);
    const auto end = database_.termlist_end(document);
    for (term.skip_to(prefix); term != end && (*term).starts_with(prefix); ++term)
      follow_id((*term).substr(prefix.size()));
  }
}

void ThreadWalk::follow_id(const std::string& id) {
  if (!seen_ids_.insert(id).second) return;
  for (const FieldId field : {FieldId::MessageId, FieldId::References}) {
    const std::string term = std::string(prefix_of(field)) + id;
    const auto end = database_.postlist_end(term);
    for (auto at = database_.postlist_begin(term); at != end; ++at) {
      see(*at);
      if (is_truncated_) return;
    }
  }
}

}  // namespace mailkeep::search
