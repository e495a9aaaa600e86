// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/facts.h"

#include "common/encoding.h"
#include "store/account_options.h"

namespace mailkeep::store {
namespace {

using common::put_field;
using common::put_u32;
using common::put_u64;
using common::put_u8;

void put_kind(std::string& out, EntryKind kind) { put_u8(out, static_cast<std::uint8_t>(kind)); }
void put_time(std::string& out, common::Micros time) {
  put_u64(out, static_cast<std::uint64_t>(time));
}
template <class Id>
void put_id(std::string& out, Id id) {
  put_u64(out, static_cast<std::uint64_t>(number(id)));
}

}  // namespace

std::string encode(const SightingFact& fact) {
  std::string out;
  put_kind(out, fact.kind);
  put_id(out, fact.account);
  put_id(out, fact.epoch);
  put_u8(out, fact.uid ? 1 : 0);
  put_u32(out, fact.uid ? *fact.uid : 0);
  put_field(out, fact.uidl);
  put_u32(out, fact.version);
  out.append(fact.content.view());
  put_u64(out, fact.size);
  put_field(out, fact.internal_date);
  put_field(out, fact.flags);
  put_u8(out, fact.announced_size ? 1 : 0);
  put_u64(out, fact.announced_size ? *fact.announced_size : 0);
  put_time(out, fact.seen);
  return out;
}

std::string encode(const OutcomeFact& fact) {
  std::string out;
  put_kind(out, EntryKind::Gap);
  put_id(out, fact.epoch);
  put_field(out, fact.state);
  put_field(out, fact.reason);
  put_field(out, fact.uids);
  put_field(out, fact.uidl);
  put_time(out, fact.time);
  return out;
}

std::string encode(const EventFact& fact) {
  std::string out;
  put_kind(out, fact.kind);
  put_field(out, fact.text);
  put_time(out, fact.time);
  return out;
}

std::string encode(const EpochFact& fact) {
  std::string out;
  put_kind(out, EntryKind::Epoch);
  put_id(out, fact.epoch);
  put_id(out, fact.account);
  put_field(out, fact.folder);
  put_u32(out, fact.number);
  put_u32(out, fact.uidvalidity);
  put_time(out, fact.time);
  return out;
}

std::string encode(const ClaimFact& fact) {
  std::string out;
  put_kind(out, EntryKind::Claim);
  put_id(out, fact.epoch);
  put_u64(out, fact.exists);
  put_u32(out, fact.uidnext);
  put_u64(out, fact.highestmodseq);
  out.append(fact.set_hash.view());
  put_time(out, fact.time);
  if (!fact.mailbox_id.empty()) put_field(out, fact.mailbox_id);
  return out;
}

std::string encode(const AccountVersion& version) {
  const AccountSettings& settings = version.settings;
  std::string out;
  put_kind(out, EntryKind::Config);
  put_id(out, version.account);
  put_field(out, name_of(version.state));
  put_field(out, settings.name);
  put_field(out, name_of(settings.protocol));
  put_field(out, name_of(settings.tls));
  put_field(out, settings.host);
  put_u32(out, settings.port);
  put_field(out, settings.user);
  put_field(out, settings.ca_file);
  put_field(out, settings.custodian);
  put_field(out, settings.address);
  put_field(out, join_lines(settings.include));
  put_field(out, join_lines(settings.exclude));
  put_u8(out, settings.delete_after_days ? 1 : 0);
  put_u32(out, settings.delete_after_days ? *settings.delete_after_days : 0);
  put_field(out, settings.smtp_url);
  put_time(out, version.time);
  if (const std::string options = options_text(settings); !options.empty()) put_field(out, options);
  return out;
}

std::string encode(const SubmissionFact& fact) {
  std::string out;
  put_kind(out, EntryKind::Submission);
  put_id(out, fact.item);
  put_id(out, fact.account);
  out.append(fact.original.view());
  out.append(fact.content.view());
  put_u64(out, fact.size);
  put_field(out, fact.envelope_from);
  put_field(out, fact.recipients);
  put_field(out, fact.actor);
  put_time(out, fact.time);
  return out;
}

std::string encode(const DeliveryFact& fact) {
  std::string out;
  put_kind(out, EntryKind::Delivery);
  put_id(out, fact.item);
  put_u32(out, fact.attempt);
  put_field(out, fact.state);
  put_field(out, fact.server);
  put_field(out, fact.answers);
  put_time(out, fact.time);
  return out;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text.push_back('\n');
    text.append(lines[i]);
  }
  return text;
}

std::optional<AccountColumns> decode_account_version(std::string_view fact) {
  common::FieldReader reader(fact);
  const auto text = [&reader] { return std::string(reader.field()); };
  AccountColumns columns;
  if (entry_kind(std::int64_t{reader.u8()}) != EntryKind::Config) return std::nullopt;
  columns.account = static_cast<std::int64_t>(reader.u64());
  columns.state = text();
  columns.name = text();
  columns.protocol = text();
  columns.tls = text();
  columns.host = text();
  columns.port = reader.u32();
  columns.user = text();
  columns.ca_file = text();
  columns.custodian = text();
  columns.address = text();
  columns.include = text();
  columns.exclude = text();
  const bool has_delete_after = reader.u8() != 0;
  const std::uint32_t days = reader.u32();
  if (has_delete_after) columns.delete_after_days = days;
  columns.smtp_url = text();
  columns.time = static_cast<common::Micros>(reader.u64());
  if (reader.ok() && !reader.at_end()) {
    columns.options = text();
    if (columns.options.empty()) return std::nullopt;  // one form only: an empty one is left out
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return columns;
}

std::string encode_uidls(const std::vector<std::string>& uidls) {
  std::string out;
  for (const std::string& uidl : uidls) put_field(out, uidl);
  return out;
}

std::optional<std::vector<std::string>> decode_uidls(std::string_view bytes) {
  std::vector<std::string> uidls;
  common::FieldReader reader(bytes);
  while (!reader.at_end()) uidls.emplace_back(reader.field());
  if (!reader.ok()) return std::nullopt;
  return uidls;
}

}  // namespace mailkeep::store
