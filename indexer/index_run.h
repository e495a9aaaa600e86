// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// IndexRun: carries the log's sightings through the parser into one index, up to a given end.
// Private to indexer/.

#include <cstdint>
#include <stop_token>
#include <vector>

#include "common/result.h"
#include "indexer/index_writer.h"
#include "indexer/indexer.h"
#include "indexer/log_feed.h"
#include "message/parser_pool.h"

namespace mailkeep::indexer {

class IndexRun {
 public:
  IndexRun(store::Archive& archive, IndexWriter& writer, message::ParserPool& pool,
           const IndexOptions& options)
      : archive_(archive), writer_(writer), pool_(pool), options_(options) {}

  // While the child parses one batch, the one before is written and the next one is read. On
  // Cancelled what was written so far is committed.
  common::Result<IndexReport> run(std::int64_t end, std::stop_token stop);

 private:
  using Messages = std::vector<message::ParsedMessage>;

  common::Status run_batches(LogFeed& feed, std::stop_token stop);
  common::Status submit(FeedBatch& batch);
  common::Result<Messages> collect(const FeedBatch& batch);
  common::Status write_batch(const FeedBatch& batch, const Messages& messages);
  common::Status write(const FeedItem& item, const message::ParsedMessage* message);
  common::Status commit_if_due();
  common::Status commit();

  store::Archive& archive_;
  IndexWriter& writer_;
  message::ParserPool& pool_;
  const IndexOptions& options_;
  IndexReport report_;
  std::int64_t end_ = 0;
  std::int64_t position_ = 0;  // behind the last sighting that was written
  std::uint64_t pending_text_ = 0;
  std::uint64_t pending_items_ = 0;
};

}  // namespace mailkeep::indexer
