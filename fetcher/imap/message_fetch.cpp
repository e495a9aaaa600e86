// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/message_fetch.h"

#include <algorithm>
#include <utility>

namespace mailkeep::fetcher::imap {

namespace {

// Enough in flight to fill a line of 50 ms with bytes: two full commands, or many small ones.
constexpr std::size_t kCommandsAhead = 16;
constexpr std::size_t kMessagesAhead = 2 * kMessagesPerFetch;
// What a FETCH says besides its set takes less than this.
constexpr std::size_t kFetchWordsBytes = 100;
// A folder of which so many messages were refused one by one, and none was given, is not asked for
// the rest of them in this pass.
constexpr std::size_t kHopelessRefusals = 64;

// Exchange sends a message of its own when it cannot convert the one that was asked for.
constexpr std::string_view kStandInSubject =
    "\r\nSubject: Retrieval using the IMAP4 protocol failed for the following message";
constexpr std::size_t kStandInBytes = 16U << 10U;  // the stand-in is one short text

common::Result<bool> is_placeholder(const store::Body& body) {
  if (body.size() > kStandInBytes) return false;
  std::string text = "\r\n";
  MAILKEEP_CHECKED(body.read(kStandInBytes, [&](std::string_view piece) -> common::Status {
    text.append(piece);
    return {};
  }));
  const std::string_view header = std::string_view(text).substr(0, text.find("\r\n\r\n"));
  return header.find(kStandInSubject) != std::string_view::npos;
}

store::UidSet to_set(const std::set<store::Uid>& uids) {
  store::UidSet set;
  for (const store::Uid uid : uids) set.add(uid);
  return set;
}

}  // namespace

common::Status MessageFetch::run(const store::UidSet& uids, std::size_t per_command) {
  UidChunks chunks(uids);
  for (;;) {
    MAILKEEP_CHECKED(send_ahead(chunks, per_command));
    if (in_flight_.empty()) break;
    MAILKEEP_TRY(answer, session_.read_fetch(*this));
    Pending left = std::move(in_flight_.front());
    in_flight_.pop_front();
    settle(answer, std::move(left));
  }
  if (is_hopeless()) {
    refused_.add(chunks.rest());
    for (const store::UidSet& half : halves_) refused_.add(half);
    halves_.clear();
  }
  return {};
}

bool MessageFetch::wants(store::Uid uid) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [uid](const Pending& pending) { return pending.count(uid) != 0; });
}

common::Status MessageFetch::take(FetchedMessage&& message) {
  for (Pending& pending : in_flight_) pending.erase(message.uid);
  if (!message.body) {
    too_large_.add(message.uid);
    return {};
  }
  has_received_ = true;
  MAILKEEP_TRY(is_stand_in, is_placeholder(*message.body));
  if (is_stand_in) {
    placeholders_.add(message.uid);
    return {};
  }
  store::Arrival arrival;
  arrival.uid = message.uid;
  arrival.body = std::move(*message.body);
  arrival.internal_date = std::move(message.internal_date);
  arrival.flags = std::move(message.flags);
  arrival.announced_size = message.announced_size;
  return writer_.add(std::move(arrival));
}

// Order: the next commands are on their way before the answers to the last ones are sealed, so that
// the server never waits for our disk.
common::Status MessageFetch::send_ahead(UidChunks& chunks, std::size_t per_command) {
  std::size_t messages = 0;
  for (const Pending& pending : in_flight_) messages += pending.size();
  while (in_flight_.size() < kCommandsAhead && messages < kMessagesAhead && !is_hopeless()) {
    store::UidSet next;
    if (!halves_.empty()) {
      next = std::move(halves_.back());
      halves_.pop_back();
    } else if (!chunks.empty()) {
      next = chunks.next(per_command, kCommandLineBytes - kFetchWordsBytes);
    } else {
      break;
    }
    MAILKEEP_CHECKED(session_.send_fetch(next));
    Pending& pending = in_flight_.emplace_back();
    for (const auto& range : next.ranges()) {
      for (store::Uid uid = range.first; uid <= range.last; ++uid) {
        pending.insert(pending.end(), uid);
        if (uid == UINT32_MAX) break;
      }
    }
    messages += pending.size();
  }
  return {};
}

void MessageFetch::settle(const StatusLine& answer, Pending&& left) {
  if (left.empty()) return;
  if (answer.condition == Condition::Ok) return omitted_.add(to_set(left));
  if (left.size() == 1) return refused_.add(to_set(left));
  const auto middle = std::next(left.begin(), static_cast<std::ptrdiff_t>(left.size() / 2));
  halves_.push_back(to_set(Pending(middle, left.end())));
  halves_.push_back(to_set(Pending(left.begin(), middle)));
}

bool MessageFetch::is_hopeless() const {
  return !has_received_ && refused_.size() >= kHopelessRefusals;
}

}  // namespace mailkeep::fetcher::imap
