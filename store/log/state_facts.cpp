// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/state_facts.h"

#include "common/encoding.h"
#include "store/log/entry.h"

namespace mailkeep::store {
namespace {

using common::put_field;
using common::put_u64;

void put_head(std::string& out, EntryKind kind, EpochId epoch) {
  common::put_u8(out, static_cast<std::uint8_t>(kind));
  put_u64(out, static_cast<std::uint64_t>(number(epoch)));
}

}  // namespace

std::string encode(const StateFact& fact) {
  std::string out;
  put_head(out, EntryKind::State, fact.epoch);
  put_field(out, fact.changes);
  put_u64(out, static_cast<std::uint64_t>(fact.time));
  return out;
}

std::string encode(const RenameFact& fact) {
  std::string out;
  put_head(out, EntryKind::Renamed, fact.epoch);
  put_field(out, fact.folder);
  put_u64(out, static_cast<std::uint64_t>(fact.time));
  return out;
}

std::string encode(const DeletionFact& fact) {
  std::string out;
  put_head(out, EntryKind::Deletion, fact.epoch);
  put_field(out, fact.state);
  put_field(out, fact.uids);
  put_field(out, fact.uidls);
  put_field(out, fact.detail);
  put_u64(out, static_cast<std::uint64_t>(fact.time));
  return out;
}

std::string encode_changes(const std::vector<StateChange>& changes) {
  std::string out;
  for (const StateChange& change : changes) {
    put_field(out, name_of(change.kind));
    put_field(out, change.value);
    put_field(out, change.uids.to_string());
  }
  return out;
}

std::optional<std::vector<StateChange>> decode_changes(std::string_view bytes) {
  std::vector<StateChange> changes;
  common::FieldReader reader(bytes);
  while (!reader.at_end()) {
    const auto kind = state_kind(reader.field());
    std::string value(reader.field());
    auto uids = UidSet::from_string(reader.field());
    if (!reader.ok() || !kind || !uids) return std::nullopt;
    changes.push_back({*kind, std::move(value), *std::move(uids)});
  }
  return changes;
}

}  // namespace mailkeep::store
