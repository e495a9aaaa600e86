// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Documents of the index as Hits. Private to indexer/.

#include <xapian.h>

#include <string_view>

#include "common/result.h"
#include "indexer/search/highlight.h"
#include "indexer/search/search_result.h"
#include "indexer/search/seen_in.h"

namespace mailkeep::search {

// 0 if there is none of this id.
Xapian::docid find_document(const Xapian::Database& database, std::string_view id_hex);

bool is_visible(const Xapian::Document& document, const View& view);

struct Marking {
  const Highlights& highlights;
  Patience& patience;
};

// Without marking: no snippet. Errors: Index. Throws OutOfTime.
common::Result<Hit> read_hit(const Xapian::Document& document, const View& view,
                             const Marking* marking);

}  // namespace mailkeep::search
