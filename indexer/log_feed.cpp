// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/log_feed.h"

#include <utility>

#include "common/log.h"
#include "message/parse.h"
#include "store/folder_name.h"

namespace mailkeep::indexer {
namespace {

using common::ErrorKind;
using common::Status;

constexpr std::size_t kSightingsAhead = 1'000;
constexpr std::size_t kBatchMessages = 200;
constexpr std::size_t kBatchItems = 2'000;
constexpr std::uint64_t kBatchBytes = 8ULL << 20U;
// Larger messages are found by their headers.
constexpr std::uint64_t kMaxParsedBytes = 64ULL << 20U;
constexpr std::size_t kBeginningBytes = 1UL << 20U;

search::Place place_of(const store::Sighting& sighting) {
  const store::FolderName folder = store::decode_folder(sighting.folder, sighting.has_uid);
  const std::string& custodian =
      sighting.custodian.empty() ? sighting.account_name : sighting.custodian;
  return {sighting.account_name, custodian, folder.text, store::number(sighting.position)};
}

message::ParsedMessage unreadable(std::string reason) {
  message::ParsedMessage message;
  message.unsearchable.push_back(std::move(reason));
  return message;
}

bool is_full(const FeedBatch& batch) {
  return batch.raws.size() >= kBatchMessages || batch.raw_bytes >= kBatchBytes ||
         batch.items.size() >= kBatchItems;
}

}  // namespace

LogFeed::LogFeed(store::Archive& archive, std::int64_t from, std::int64_t end, Lookup is_indexed)
    : journal_(archive),
      contents_(archive),
      position_(from),
      end_(end),
      is_indexed_(std::move(is_indexed)) {}

Status LogFeed::refill() {
  MAILKEEP_TRY(next, journal_.sightings(store::LogPosition(position_), store::LogPosition(end_),
                                        kSightingsAhead));
  ahead_ = std::move(next);
  ahead_at_ = 0;
  return {};
}

common::Result<std::optional<FeedBatch>> LogFeed::next() {
  loaded_before_ = std::move(loading_);
  loading_.clear();
  FeedBatch batch;
  while (position_ < end_ && !is_full(batch)) {
    if (ahead_at_ == ahead_.size()) {
      MAILKEEP_CHECKED(refill());
      // The rest of the log is about other things than messages.
      if (ahead_.empty()) position_ = end_;
      continue;
    }
    const store::Sighting& sighting = ahead_[ahead_at_];
    MAILKEEP_CHECKED(add(sighting, batch));
    position_ = store::number(sighting.position) + 1;
    ++ahead_at_;
  }
  if (batch.items.empty()) return std::nullopt;
  batch.next_position = position_;
  return batch;
}

Status LogFeed::add(const store::Sighting& sighting, FeedBatch& batch) {
  for (FeedItem& item : batch.items) {
    if (item.facts.id != sighting.content) continue;
    item.facts.places.push_back(place_of(sighting));
    return {};
  }
  FeedItem item;
  item.facts = {sighting.content, sighting.size, {place_of(sighting)}};
  MAILKEEP_TRY(is_indexed, is_indexed_(sighting.content));
  if (!is_indexed && !loaded_before_.contains(sighting.content)) {
    MAILKEEP_CHECKED(load(item, batch));
    loading_.insert(sighting.content);
  }
  batch.items.push_back(std::move(item));
  return {};
}

Status LogFeed::load(FeedItem& item, FeedBatch& batch) {
  auto raw = contents_.get(item.facts.id, kMaxParsedBytes);
  if (raw) {
    item.is_to_parse = true;
    batch.raw_bytes += raw->size();
    batch.raws.push_back(std::move(*raw));
    return {};
  }
  switch (raw.error().kind) {
    case ErrorKind::Limit: {
      MAILKEEP_TRY(beginning, beginning_of(item.facts.id));
      item.message = message::parse_headers_only(beginning);
      item.message->unsearchable.emplace_back("over-size-limit");
      return {};
    }
    // Bad bytes are `verify`'s alarm; here they must not hold up everything behind them.
    case ErrorKind::Corrupt:
      common::log(common::LogLevel::Error, "index.content.corrupt",
                  {{"id", item.facts.id.hex()}, {"error", raw.error().text}});
      item.message = unreadable("content-corrupt");
      return {};
    case ErrorKind::NotFound:
      common::log(common::LogLevel::Error, "index.content.missing", {{"id", item.facts.id.hex()}});
      item.message = unreadable("content-missing");
      return {};
    default:
      return tl::unexpected(std::move(raw).error());
  }
}

common::Result<std::string> LogFeed::beginning_of(const common::Digest& id) {
  std::string beginning;
  const auto take = [&](std::string_view piece) -> Status {
    beginning += piece.substr(0, kBeginningBytes - beginning.size());
    if (beginning.size() < kBeginningBytes) return {};
    return common::fail(ErrorKind::Limit, "enough");
  };
  auto read = contents_.read(id, take);
  if (!read && read.error().kind != ErrorKind::Limit && read.error().kind != ErrorKind::Corrupt)
    return tl::unexpected(std::move(read).error());
  return beginning;
}

}  // namespace mailkeep::indexer
