// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/index_run.h"

#include <optional>
#include <utility>

#include "common/fault_point.h"

namespace mailkeep::indexer {
namespace {

using common::ErrorKind;
using common::Status;

// What is pending lies in memory, at roughly eight times the bytes of its text, in trees that soon
// outgrow the processor's caches; what is committed costs a rewrite of every posting list that it
// touches, the more the larger the index is. So a small index commits often, a large one seldom.
constexpr std::uint64_t kCommitTextBytes = 8ULL << 20U;
constexpr std::uint64_t kLargeCommitTextBytes = 32ULL << 20U;
constexpr std::uint64_t kLargeIndexDocuments = 50'000;
constexpr std::uint64_t kCommitItems = 20'000;

}  // namespace

common::Result<IndexReport> IndexRun::run(std::int64_t end, std::stop_token stop) {
  end_ = end;
  position_ = writer_.watermark();
  LogFeed feed(archive_, position_, end,
               [this](const common::Digest& id) { return writer_.has(id); });
  auto done = run_batches(feed, stop);
  if (done) position_ = end;
  const bool may_commit = done || done.error().kind == ErrorKind::Cancelled;
  if (may_commit && position_ > writer_.watermark()) MAILKEEP_CHECKED(commit());
  if (!done) return tl::unexpected(std::move(done).error());
  report_.watermark = writer_.watermark();
  return report_;
}

Status IndexRun::run_batches(LogFeed& feed, std::stop_token stop) {
  std::optional<FeedBatch> parsing;
  for (;;) {
    MAILKEEP_PHASE("index-read");
    auto next = feed.next();
    if (!next) {
      if (parsing) static_cast<void>(collect(*parsing));
      return tl::unexpected(std::move(next).error());
    }
    Messages messages;
    if (parsing) {
      MAILKEEP_TRY(collected, collect(*parsing));
      messages = std::move(collected);
    }
    const bool is_stopped = stop.stop_requested();
    if (*next && !is_stopped) MAILKEEP_CHECKED(submit(**next));
    if (parsing) {
      auto written = write_batch(*parsing, messages);
      if (!written) {
        if (*next && !is_stopped) static_cast<void>(collect(**next));
        return written;
      }
    }
    if (!*next) return {};
    if (is_stopped) return common::fail(ErrorKind::Cancelled, "stopped");
    parsing = std::move(*next);
  }
}

Status IndexRun::submit(FeedBatch& batch) {
  if (batch.raws.empty()) return {};
  batch.is_submitted = true;
  return pool_.submit(std::exchange(batch.raws, {}));
}

common::Result<IndexRun::Messages> IndexRun::collect(const FeedBatch& batch) {
  if (!batch.is_submitted) return Messages();
  return pool_.collect();
}

Status IndexRun::write_batch(const FeedBatch& batch, const Messages& messages) {
  MAILKEEP_PHASE("index-write");
  std::size_t next = 0;
  for (const FeedItem& item : batch.items) {
    const message::ParsedMessage* message = item.is_to_parse ? &messages[next++]
                                            : item.message   ? &*item.message
                                                             : nullptr;
    MAILKEEP_CHECKED(write(item, message));
  }
  position_ = batch.next_position;
  if (options_.progress) options_.progress({position_, end_, report_.documents});
  return commit_if_due();
}

Status IndexRun::write(const FeedItem& item, const message::ParsedMessage* message) {
  ++report_.documents;
  ++pending_items_;
  if (message == nullptr) return writer_.add_places(item.facts.id, item.facts.places);
  pending_text_ += message->text.size();
  if (!message->unsearchable.empty()) ++report_.unsearchable;
  return writer_.put(*message, item.facts);
}

Status IndexRun::commit_if_due() {
  MAILKEEP_TRY(documents, writer_.documents());
  const std::uint64_t text_limit =
      documents < kLargeIndexDocuments ? kCommitTextBytes : kLargeCommitTextBytes;
  if (pending_text_ < text_limit && pending_items_ < kCommitItems) return {};
  return commit();
}

Status IndexRun::commit() {
  pending_text_ = 0;
  pending_items_ = 0;
  return writer_.commit(position_);
}

}  // namespace mailkeep::indexer
