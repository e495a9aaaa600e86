// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A message as an index document. Private to indexer/.

#include <xapian.h>

#include <cstdint>
#include <vector>

#include "common/digest.h"
#include "indexer/search/schema.h"
#include "message/parsed_message.h"

namespace mailkeep::indexer {

struct MessageFacts {
  common::Digest id;
  std::uint64_t size = 0;
  std::vector<search::Place> places;
};

Xapian::Document make_document(const message::ParsedMessage& message, const MessageFacts& facts);

// Adds what further places say to a document that is there already.
void add_places(Xapian::Document& document, const std::vector<search::Place>& places);

}  // namespace mailkeep::indexer
