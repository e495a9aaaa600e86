// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The log entry, version 1, as docs/formats.md states it. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/digest.h"

namespace mailkeep::store {

enum class EntryKind : std::uint8_t {
  Archived = 1,
  SeenAgain = 2,
  Version = 3,
  Gap = 4,
  Hold = 5,
  Release = 6,
  Dispose = 7,
  Export = 8,
  Access = 9,
  Config = 10,
  Key = 11,
  Start = 12,
  Stop = 13,
  Epoch = 14,
  Claim = 15,
  Submission = 16,
  Delivery = 17,
  Right = 18,
  State = 19,
  Renamed = 20,
  Deletion = 21,
};

inline constexpr std::size_t kSaltBytes = 32;

std::string_view name_of(EntryKind kind);  // "archived", "seen-again", ...
std::optional<EntryKind> entry_kind(std::int64_t number);
std::optional<EntryKind> entry_kind(std::string_view name);
bool is_sighting(EntryKind kind);  // archived, seen-again, version
bool has_content(EntryKind kind);  // sightings and submissions
bool is_event(EntryKind kind);     // those whose fact is a row of `events`

struct Entry {
  EntryKind kind = EntryKind::Archived;
  common::Micros time = 0;
  std::optional<common::Digest> content;  // the commitment, not the content's digest
  common::Digest fact;                    // the commitment
};

// Commits to the content (where the kind has one) and to the fact under the entry's own salt.
Entry commit_to(EntryKind kind, common::Micros time, const std::optional<common::Digest>& content,
                std::string_view fact, std::string_view salt);

std::string encode(const Entry& entry);
// Nothing unless the bytes are exactly one entry of version 1 whose fields fit its kind.
std::optional<Entry> decode_entry(std::string_view bytes);

}  // namespace mailkeep::store
