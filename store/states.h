// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// States: what changes about a message while it lies on the server, and what was done to it there.
// All of it is evidence: appended, never overwritten. Intervals follow from the times.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "store/ids.h"
#include "store/uid_set.h"

namespace mailkeep::store {

// Flags: IMAP flags, value in the form of normal_flags(). Labels: X-GM-LABELS, in the one form that
// the caller gives them (sorted). Presence: kGone or kThere.
enum class StateKind { Flags, Labels, Presence };

inline constexpr std::string_view kGone = "gone";
inline constexpr std::string_view kThere = "there";

// From now on these UIDs have this value, whatever they had before.
struct StateChange {
  StateKind kind = StateKind::Flags;
  std::string value;
  UidSet uids;
};

// A value of one message, from when on it held: until the next of its kind.
struct StateRecord {
  StateKind kind = StateKind::Flags;
  std::string value;
  common::Micros since = 0;
};

std::string_view name_of(StateKind kind);  // "flags", "labels", "presence"
std::optional<StateKind> state_kind(std::string_view name);

// The flags between the brackets in one form: sorted, each once, without \Recent, which is about
// the session and not about the message (RFC 3501 §2.3.2).
std::string normal_flags(std::string_view flags);

// Deleting on the server: Intended stands in the log before the first command is sent.
enum class DeletionState { Intended, Done, Failed };

std::string_view name_of(DeletionState state);  // "intended", "done", "failed"

struct Deletion {
  EpochId epoch{};
  DeletionState state = DeletionState::Intended;
  UidSet uids;                     // IMAP
  std::vector<std::string> uidls;  // POP3
  std::string detail;              // one sentence: the rule, or why it failed
};

// What the records of deletions say of each message in the end.
struct Deletions {
  UidSet intended;  // and neither done nor failed: look at the server whether it was done
  UidSet done;
  std::set<std::string> intended_uidls;
  std::set<std::string> done_uidls;
};

// A message that is archived, for whoever must find its bytes again.
struct Sighted {
  LogPosition position{};
  Uid uid = 0;
  std::string uidl;
  std::uint32_t version = 1;
  common::Digest content;
  common::Micros seen = 0;
  std::string internal_date;                    // as the server wrote it
  std::optional<std::uint64_t> announced_size;  // RFC822.SIZE or LIST
};

}  // namespace mailkeep::store
