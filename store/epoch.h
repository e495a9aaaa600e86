// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Epoch: a folder under one UIDVALIDITY, and Claim: what the server says of it. Plain data.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "store/ids.h"
#include "store/uid_set.h"

namespace mailkeep::store {

// What the server said of the folder when it was last asked.
struct LastClaim {
  std::uint64_t exists = 0;
  std::uint32_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
  common::Digest set_hash;     // of the UIDs or UIDLs, see docs/formats.md
  common::Micros listed = 0;   // when all UIDs were last listed
  common::Micros checked = 0;  // when the server was last asked; later than listed: inferred

  bool is_inferred() const { return checked > listed; }
};

// What the server said of a folder in a pass: the claim the report is measured against.
struct Claim {
  EpochId epoch;
  UidSet uids;                     // IMAP: every UID it listed
  std::vector<std::string> uidls;  // POP3: every UIDL it listed, repeated ones repeated
  std::uint64_t exists = 0;        // messages it counted
  std::uint32_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
  // UIDs were not listed: UIDVALIDITY, UIDNEXT, EXISTS and HIGHESTMODSEQ are those of the last
  // claim, whose UIDs are carried forward; `uids` is not looked at.
  bool is_inferred = false;
  std::string mailbox_id;  // RFC 8474; what is no objectid is taken for none
};

// All of an epoch but its cursor: what a pass reads of every folder of an account.
struct EpochHead {
  EpochId id{};
  AccountId account{};
  std::string
      folder;  // its name now, as it came over the wire (modified UTF-7 or UTF-8), any bytes
  std::uint32_t number = 1;  // 1, 2, ...: A, B, A are three epochs
  std::uint32_t uidvalidity = 0;
  std::string mailbox_id;               // RFC 8474, as the last claim gave it; empty: none given
  std::optional<LastClaim> last_claim;  // none: the server was never asked for its UIDs
  std::string
      rules;  // fingerprint of those its excluded UIDs were decided under; empty: it has none

  bool has_excluded() const { return !rules.empty(); }
};

// POP3 and imports have one epoch a folder, with uidvalidity 0.
struct Epoch : EpochHead {
  UidSet covered;  // UIDs that are archived or excluded
};

}  // namespace mailkeep::store
