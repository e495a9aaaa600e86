// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Facts: the canonical bytes of the rows that log entries commit to (docs/formats.md, "Facts").
// Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "store/accounts.h"
#include "store/ids.h"
#include "store/log/entry.h"
#include "store/uid_set.h"

namespace mailkeep::store {

struct SightingFact {
  EntryKind kind = EntryKind::Archived;
  AccountId account{};
  EpochId epoch{};
  std::optional<Uid> uid;
  std::string_view uidl;
  std::uint32_t version = 1;
  common::Digest content;
  std::uint64_t size = 0;
  std::string_view internal_date;
  std::string_view flags;
  std::optional<std::uint64_t> announced_size;
  common::Micros seen = 0;
};

struct OutcomeFact {
  EpochId epoch{};
  std::string_view state;
  std::string_view reason;
  std::string_view uids;  // a sequence set
  std::string_view uidl;
  common::Micros time = 0;
};

struct EventFact {
  EntryKind kind = EntryKind::Start;
  std::string_view text;
  common::Micros time = 0;
};

struct EpochFact {
  EpochId epoch{};
  AccountId account{};
  std::string_view folder;
  std::uint32_t number = 1;
  std::uint32_t uidvalidity = 0;
  common::Micros time = 0;
};

struct ClaimFact {
  EpochId epoch{};
  std::uint64_t exists = 0;
  std::uint32_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
  common::Digest set_hash;
  common::Micros time = 0;
  std::string_view mailbox_id = {};  // left out where there is none
};

struct AccountVersion {
  AccountId account{};
  AccountState state = AccountState::Active;
  AccountSettings settings;
  common::Micros time = 0;
};

struct SubmissionFact {
  OutboxId item{};
  AccountId account{};
  common::Digest original;
  common::Digest content;
  std::uint64_t size = 0;
  std::string_view envelope_from;
  std::string_view recipients;  // field after field
  std::string_view actor;
  common::Micros time = 0;
};

struct DeliveryFact {
  OutboxId item{};
  std::uint32_t attempt = 0;
  std::string_view state;
  std::string_view server;
  std::string_view answers;  // as outbox_rows.h encodes them
  common::Micros time = 0;
};

std::string encode(const SightingFact& fact);
std::string encode(const OutcomeFact& fact);
std::string encode(const EventFact& fact);
std::string encode(const EpochFact& fact);
std::string encode(const ClaimFact& fact);
std::string encode(const AccountVersion& version);
std::string encode(const SubmissionFact& fact);
std::string encode(const DeliveryFact& fact);

// The form of the columns include_globs and exclude_globs: one a line, none at the end.
std::string join_lines(const std::vector<std::string>& lines);

// An account version with its columns as they stand in `accounts`.
struct AccountColumns {
  std::int64_t account = 0;
  std::string state, name, protocol, tls, host;
  std::int64_t port = 0;
  std::string user, ca_file, custodian, address, include, exclude;
  std::optional<std::int64_t> delete_after_days;
  std::string smtp_url;
  common::Micros time = 0;
  std::string options;  // the last field of the fact, left out where it is empty
};
std::optional<AccountColumns> decode_account_version(std::string_view fact);

// The server's set as a claim hashes it.
std::string encode_uidls(const std::vector<std::string>& uidls);
std::optional<std::vector<std::string>> decode_uidls(std::string_view bytes);

}  // namespace mailkeep::store
