// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/entry.h"

#include <array>

#include "common/check.h"
#include "common/encoding.h"

namespace mailkeep::store {
namespace {

constexpr std::uint8_t kEntryVersion = 1;

constexpr std::array<std::string_view, 21> kKindNames = {
    "archived", "seen-again", "version",  "gap",   "hold",  "release", "dispose",
    "export",   "access",     "config",   "key",   "start", "stop",    "epoch",
    "claim",    "submission", "delivery", "right", "state", "renamed", "deletion",
};

}  // namespace

std::string_view name_of(EntryKind kind) { return kKindNames[static_cast<std::size_t>(kind) - 1]; }

std::optional<EntryKind> entry_kind(std::int64_t number) {
  if (number < 1 || number > static_cast<std::int64_t>(kKindNames.size())) return std::nullopt;
  return static_cast<EntryKind>(number);
}

std::optional<EntryKind> entry_kind(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<EntryKind>(i + 1);
  }
  return std::nullopt;
}

bool is_sighting(EntryKind kind) {
  return kind == EntryKind::Archived || kind == EntryKind::SeenAgain || kind == EntryKind::Version;
}

bool has_content(EntryKind kind) { return is_sighting(kind) || kind == EntryKind::Submission; }

bool is_event(EntryKind kind) {
  return kind == EntryKind::Right || (kind >= EntryKind::Hold && kind <= EntryKind::Access) ||
         (kind >= EntryKind::Key && kind <= EntryKind::Stop);
}

Entry commit_to(EntryKind kind, common::Micros time, const std::optional<common::Digest>& content,
                std::string_view fact, std::string_view salt) {
  MAILKEEP_CHECK(content.has_value() == has_content(kind));
  Entry entry{kind, time, std::nullopt, common::hmac_sha256(salt, fact)};
  if (content) entry.content = common::hmac_sha256(salt, content->view());
  return entry;
}

std::string encode(const Entry& entry) {
  std::string bytes;
  bytes.reserve(82);
  common::put_u8(bytes, kEntryVersion);
  common::put_u8(bytes, static_cast<std::uint8_t>(entry.kind));
  common::put_u64(bytes, static_cast<std::uint64_t>(entry.time));
  common::put_field(bytes, entry.content ? entry.content->view() : std::string_view());
  common::put_field(bytes, entry.fact.view());
  return bytes;
}

std::optional<Entry> decode_entry(std::string_view bytes) {
  common::FieldReader reader(bytes);
  const bool is_known = reader.u8() == kEntryVersion;
  const auto kind = entry_kind(std::int64_t{reader.u8()});
  const auto time = static_cast<common::Micros>(reader.u64());
  const std::string_view content = reader.field();
  const auto fact = common::Digest::from_bytes(reader.field());
  if (!is_known || !kind || !fact || !reader.ok() || !reader.at_end()) return std::nullopt;
  Entry entry{*kind, time, common::Digest::from_bytes(content), *fact};
  const bool fits = has_content(*kind) ? entry.content.has_value() : content.empty();
  if (!fits) return std::nullopt;
  return entry;
}

}  // namespace mailkeep::store
