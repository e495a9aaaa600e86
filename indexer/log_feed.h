// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// LogFeed: the log's sightings from a position on, in batches with the bytes that must be parsed.
// Private to indexer/.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/digest.h"
#include "common/result.h"
#include "indexer/document.h"
#include "message/parsed_message.h"
#include "store/contents.h"
#include "store/journal.h"

namespace mailkeep::indexer {

// One content and all places where this batch saw it.
struct FeedItem {
  MessageFacts facts;
  bool is_to_parse = false;                       // its bytes are the next of Batch::raws
  std::optional<message::ParsedMessage> message;  // read without the parser: too large, corrupt
};

struct FeedBatch {
  std::vector<FeedItem> items;
  std::vector<std::string> raws;
  std::uint64_t raw_bytes = 0;
  bool is_submitted = false;       // to the parser: its answers must be collected
  std::int64_t next_position = 0;  // of the log, behind the last sighting in here
};

class LogFeed {
 public:
  // is_indexed: whether the index has a document of this content.
  using Lookup = std::function<common::Result<bool>(const common::Digest&)>;

  LogFeed(store::Archive& archive, std::int64_t from, std::int64_t end, Lookup is_indexed);

  // Nothing when no sighting is left before the end.
  common::Result<std::optional<FeedBatch>> next();

 private:
  common::Status refill();
  common::Status add(const store::Sighting& sighting, FeedBatch& batch);
  common::Status load(FeedItem& item, FeedBatch& batch);
  common::Result<std::string> beginning_of(const common::Digest& id);

  store::Journal journal_;
  store::Contents contents_;
  std::int64_t position_;
  std::int64_t end_;
  Lookup is_indexed_;
  std::vector<store::Sighting> ahead_;
  std::size_t ahead_at_ = 0;
  // Contents of the last two batches: they may be on their way, known to nobody yet. The caller
  // writes a batch before it asks for the next but one.
  std::unordered_set<common::Digest> loading_;
  std::unordered_set<common::Digest> loaded_before_;
};

}  // namespace mailkeep::indexer
