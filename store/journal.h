// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Journal: the read side of the log for those who follow it (the indexer, listings, exports).
//
// Positions are contiguous in commit order, so a plain watermark never skips an entry.
// Any thread may call. Errors: Database.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"
#include "store/states.h"
#include "store/uid_set.h"

namespace mailkeep::store {

// One instance of a message: where and as what it was seen.
struct Sighting {
  LogPosition position{};
  AccountId account{};
  std::string account_name;
  std::string custodian;
  EpochId epoch{};
  std::string folder;      // wire bytes, as it was called then
  std::string folder_now;  // and as it was called last
  std::uint32_t uidvalidity = 0;
  Uid uid = 0;
  std::string uidl;  // POP3 and imports
  bool has_uid = false;
  std::uint32_t version = 1;  // 2, 3, ...: other bytes under the same UID later
  common::Digest content;
  std::uint64_t size = 0;
  std::string internal_date;
  std::string flags;
  common::Micros seen = 0;
  // What changed since (each_message and sightings_of alone fill it in): flags, labels, presence.
  std::vector<StateRecord> states;

  // Since when the server no longer lists it; nothing: it does, or nobody looked.
  std::optional<common::Micros> gone() const;
};

// An act: export, access, key, start, stop, right, ...
struct Event {
  std::string kind;
  std::string text;
};

struct EventRecord {
  LogPosition position{};
  std::string kind;
  common::Micros time = 0;
  std::string text;  // as it was recorded: any bytes
};

enum class Order { NewestFirst, OldestFirst };

struct EventQuery {
  Order order = Order::NewestFirst;
  std::optional<LogPosition> from;    // position >= from
  std::optional<LogPosition> before;  // position < before
  std::vector<std::string> kinds;     // none: all
  std::size_t limit = 100;
};

class Journal {
 public:
  explicit Journal(Archive& archive) : archive_(archive) {}

  // Number of entries in the log, which is the position of the next one.
  common::Result<LogPosition> size();

  // Sightings with from <= position < to, ascending, at most `limit`.
  common::Result<std::vector<Sighting>> sightings(LogPosition from, LogPosition to,
                                                  std::size_t limit);

  // Every sighting of one content, ascending.
  common::Result<std::vector<Sighting>> sightings_of(const common::Digest& content);

  // Every archived message with all its sightings, in order of digest, streamed in bounded memory.
  // accounts: names to restrict to (a message is given with all its sightings in those); none: all.
  common::Status each_message(
      const std::vector<std::string>& accounts,
      const std::function<common::Status(const std::vector<Sighting>&)>& visit);

  // Writes an entry for an act (export, access, start, stop) with its text as the fact.
  common::Status record_event(std::string_view kind, std::string_view text);
  // All of them in one transaction, which goes before those of the fetchers: people wait for it.
  // Durable on return, or none is. Usage if a kind is none of an event.
  common::Status record_events(std::span<const Event> events);

  // Usage if a kind is none of an event.
  common::Result<std::vector<EventRecord>> events(const EventQuery& query);
  common::Result<std::uint64_t> count_events(const EventQuery& query);  // without the limit

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
