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
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/body.h"
#include "store/epoch.h"
#include "store/ids.h"
#include "store/reasons.h"
#include "store/states.h"
#include "store/uid_set.h"

namespace mailkeep::store {

// One message as received. IMAP has a uid, POP3 and imports a uidl.
struct Arrival {
  Uid uid = 0;
  std::string uidl;
  Body body;
  std::string internal_date;  // as the server wrote it, without quotes; data only
  std::string flags;          // as the server wrote them, without brackets; data only
  std::optional<std::uint64_t> announced_size;  // RFC822.SIZE or LIST; data only
};

// Reopened: was excluded, by rules that are no longer those of the account (reopen_excluded).
enum class UidState { Excluded, Failed, Vanished, Reopened };

// What became of UIDs (or of one UIDL) that were not archived.
struct Outcome {
  UidState state = UidState::Failed;
  std::string reason;  // from the closed lists of reasons.h; the rule for Excluded
  UidSet uids;
  std::string uidl;  // POP3: one message; then uids is empty
};

struct Batch {
  EpochId epoch;
  std::vector<Arrival> arrivals;
  std::vector<Outcome> outcomes;
  std::vector<StateChange> states;  // flags and labels, sealed together with their messages
  std::string rules;                // the fingerprint that its Excluded were decided under
};

struct SealReport {
  std::uint64_t stored = 0;         // contents that were new
  std::uint64_t sighted = 0;        // sightings written
  std::uint64_t already_there = 0;  // arrivals that were sighted before with the same bytes
  std::uint64_t bytes = 0;          // raw bytes of the arrivals
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

  // Every epoch of the account; the newest of a folder comes last among those of its name.
  common::Result<std::vector<Epoch>> epochs(AccountId account);
  // The newest of each folder, without their cursors: one look-up however many folders.
  common::Result<std::vector<EpochHead>> newest_epochs(AccountId account);

  // The newest epoch of the folder if its UIDVALIDITY is the same, else a new one (logged).
  common::Result<Epoch> open_epoch(AccountId account, std::string_view folder,
                                   std::uint32_t uidvalidity);
  // A folder that kept its MAILBOXID and UIDVALIDITY has another name now. Logged, unless it has
  // that name already. What was sighted before keeps the name that it was sighted under.
  common::Status rename_epoch(EpochId epoch, std::string_view folder);

  // POP3 and imports: what is sighted already, (uidl, content).
  common::Result<std::set<std::pair<std::string, common::Digest>>> known_uidls(EpochId epoch);
  // POP3: the UIDLs whose last attempt failed.
  common::Result<std::set<std::string>> failed_uidls(EpochId epoch);

  // The UIDs of the last claim, and for the newest epochs of an account what of them is not covered
  // (epochs with nothing open are left out): what a pass goes on with when it lists nothing anew.
  common::Result<UidSet> claimed_uids(EpochId epoch);
  common::Result<std::map<EpochId, UidSet>> open_uids(AccountId account);

  // The epoch's covered set moves in the same transaction. On error the batch is as it was.
  // An Excluded UID with another rule than before is logged and stays excluded.
  common::Result<SealReport> seal(Batch&& batch);

  // Excluded UIDs by rule. reopen_excluded makes them open again (logged): those given; or all of
  // them, if they were decided under other rules than these, which is what it returns.
  common::Result<std::map<std::string, UidSet>> excluded(EpochId epoch);
  common::Result<UidSet> reopen_excluded(EpochId epoch, std::string_view rules);
  common::Status reopen_excluded(EpochId epoch, const UidSet& uids);

  // One transaction for all of them, and a few milliseconds if nothing is new: only what differs
  // from a folder's last claim is logged. Where a whole list (as many UIDs as EXISTS) lacks
  // archived UIDs, or has some again, their Presence is recorded as well; callers need not.
  // Conflict if a claim is called inferred and is not the last one, with nothing written.
  common::Status record_claims(std::span<const Claim> claims);
  common::Status record_claim(const Claim& claim) { return record_claims({&claim, 1}); }

  // Evidence, one log entry a call, none if nothing is news.
  common::Status record_states(EpochId epoch, const std::vector<StateChange>& changes);
  // What archived UIDs have now: value → UIDs. Flags begin with those of the sighting, Presence
  // with kThere (not listed here); Labels without a record are not listed.
  common::Result<std::map<std::string, UidSet>> states(EpochId epoch, StateKind kind);

  // Evidence, one log entry a call.
  common::Status record_deletion(const Deletion& deletion);
  common::Result<Deletions> deletions(EpochId epoch);
  // The newest version of each message that was sealed before `until`, ascending by position.
  common::Result<std::vector<Sighted>> sighted(EpochId epoch, common::Micros until,
                                               std::optional<LogPosition> after, std::size_t limit);

  common::Result<std::int64_t> begin_pass(AccountId account);
  // The folder list is what the server listed in this pass, for the report.
  common::Status finish_pass(std::int64_t pass, PassOutcome outcome, std::string_view error,
                             const std::vector<std::string>& folders,
                             const std::vector<FolderTrouble>& troubles);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
