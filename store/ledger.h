// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Ledger: what each folder held, what became of each UID, and the one transaction that seals a
// batch.
//
// seal() is the heart of the program. In ONE transaction it writes bytes (if new), sightings, log
// entries and the cursor. On return all of it is durable; on error none of it is, and the caller
// may fetch the same messages again. The cursor is the set of UIDs that no later pass asks for
// ("covered"): archived, or excluded by a rule. It never holds a UID that is neither.
//
// Nothing here ever removes or overwrites evidence because of anything a server says.
// Threads: any, one at a time for each account (its Lease). Errors: Database, Disk, Busy, Corrupt.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/body.h"
#include "store/ids.h"
#include "store/uid_set.h"

namespace mailkeep::store {

// A folder under one UIDVALIDITY. POP3 and imports have one epoch a folder, with uidvalidity 0.
struct Epoch {
  EpochId id;
  AccountId account;
  std::string folder;  // the name as it came over the wire (modified UTF-7 or UTF-8), any bytes
  std::uint32_t number = 1;  // 1, 2, ...: A, B, A are three epochs
  std::uint32_t uidvalidity = 0;
  UidSet covered;  // UIDs that are archived or excluded
};

// One message as received. IMAP has a uid, POP3 and imports a uidl.
struct Arrival {
  Uid uid = 0;
  std::string uidl;
  Body body;
  std::string internal_date;  // as the server wrote it, without quotes; data only
  std::string flags;          // as the server wrote them, without brackets; data only
  std::optional<std::uint64_t> announced_size;  // RFC822.SIZE or LIST; data only
};

enum class UidState { Excluded, Failed, Vanished };

// What became of UIDs (or of one UIDL) that were not archived.
struct Outcome {
  UidState state = UidState::Failed;
  std::string reason;  // from the closed list below, or the rule for Excluded
  UidSet uids;
  std::string uidl;  // POP3: one message; then uids is empty
};

// The closed list of reasons for Failed; Excluded uses "folder-excluded", Vanished uses "gone".
inline constexpr std::string_view kReasonRefused = "refused-by-server";
inline constexpr std::string_view kReasonNoData = "no-data-returned";
inline constexpr std::string_view kReasonTooLarge = "over-size-limit";
inline constexpr std::string_view kReasonBroken = "protocol-error";
inline constexpr std::string_view kReasonCut = "connection-lost";
inline constexpr std::string_view kReasonPending = "not-fetched-yet";
inline constexpr std::string_view kReasonFolder = "folder-cannot-be-opened";
// Of a maildrop: each session offers only a part of the mailbox (Gmail over POP3).
inline constexpr std::string_view kReasonPart = "offers-part";

struct Batch {
  EpochId epoch;
  std::vector<Arrival> arrivals;
  std::vector<Outcome> outcomes;
};

struct SealReport {
  std::uint64_t stored = 0;         // contents that were new
  std::uint64_t sighted = 0;        // sightings written
  std::uint64_t already_there = 0;  // arrivals that were sighted before with the same bytes
  std::uint64_t bytes = 0;          // raw bytes of the arrivals
};

// What the server said of a folder in a pass: the claim the report is measured against.
struct Claim {
  EpochId epoch;
  UidSet uids;                     // IMAP: every UID it listed
  std::vector<std::string> uidls;  // POP3: every UIDL it listed, repeated ones repeated
  std::uint64_t exists = 0;        // messages it counted
  std::uint32_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
};

struct FolderTrouble {  // a folder that the pass could not open or finish
  std::string folder;
  std::string reason;  // from the closed list
  std::string detail;  // one sentence
};

enum class PassOutcome { Complete, Incomplete, Failed };

class Ledger {
 public:
  explicit Ledger(Archive& archive) : archive_(archive) {}

  // Every epoch of the account; the newest of a folder is the one with the highest number.
  common::Result<std::vector<Epoch>> epochs(AccountId account);

  // The newest epoch of the folder if its UIDVALIDITY is the same, else a new one (logged).
  common::Result<Epoch> open_epoch(AccountId account, std::string_view folder,
                                   std::uint32_t uidvalidity);

  // POP3 and imports: what is sighted already, (uidl, content).
  common::Result<std::set<std::pair<std::string, common::Digest>>> known_uidls(EpochId epoch);
  // POP3: the UIDLs whose last attempt failed.
  common::Result<std::set<std::string>> failed_uidls(EpochId epoch);

  // The epoch's covered set moves in the same transaction. On error the batch is as it was.
  common::Result<SealReport> seal(Batch&& batch);

  // Logged only when it differs from the folder's last claim; the time of checking is always noted.
  common::Status record_claim(const Claim& claim);

  common::Result<std::int64_t> begin_pass(AccountId account);
  // The folder list is what the server listed in this pass, for the report.
  common::Status finish_pass(std::int64_t pass, PassOutcome outcome, std::string_view error,
                             const std::vector<std::string>& folders,
                             const std::vector<FolderTrouble>& troubles);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
