// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/completeness.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/encoding.h"
#include "common/printable.h"
#include "store/accounts.h"
#include "store/ledger_deletions.h"
#include "store/ledger_epochs.h"
#include "store/ledger_outcomes.h"
#include "store/ledger_segments.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::string_view kStatePending = "pending";

struct AccountRow {
  AccountId id{};
  std::string name;
  std::string protocol;
  std::string state;
};

struct Pass {
  common::Micros started = 0;
  bool is_complete = false;
  std::string error;
  std::vector<FolderTrouble> troubles;
};

// How often what is open was tried.
struct Attempts {
  std::map<std::uint32_t, UidSet> uids;  // by the number of attempts
  std::map<std::string, std::uint32_t, std::less<>> uidls;

  std::uint32_t of(std::string_view uidl) const {
    const auto found = uidls.find(uidl);
    return found == uidls.end() ? 0 : found->second;
  }
};

// One folder epoch with all that the report asks of it.
struct EpochFacts {
  EpochHead epoch;
  bool is_newest = false;
  bool is_listed = true;
  OutcomeHistory outcomes;
  Attempts attempts;
};

Result<std::vector<AccountRow>> read_accounts(Connection& connection) {
  std::vector<AccountRow> accounts;
  MAILKEEP_CHECKED(connection.query(
      "SELECT id, name, protocol, state FROM accounts ORDER BY name", {}, [&](const Row& row) {
        accounts.push_back({AccountId{row.integer(0)}, std::string(row.text(1)),
                            std::string(row.text(2)), std::string(row.text(3))});
        return Status();
      }));
  return accounts;
}

Result<std::vector<AccountRow>> choose_accounts(Connection& connection,
                                                const std::vector<std::string>& names) {
  MAILKEEP_TRY(all, read_accounts(connection));
  std::vector<AccountRow> chosen;
  if (names.empty()) {
    for (AccountRow& account : all) {
      const bool is_fetched = account.protocol != name_of(Protocol::Import) &&
                              account.state != name_of(AccountState::Removed);
      if (is_fetched) chosen.push_back(std::move(account));
    }
    return chosen;
  }
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const AccountRow& row) { return row.name == name; });
    if (found == all.end())
      return common::fail(ErrorKind::NotFound, "there is no account '{}': `mailkeep account list`",
                          common::printable(name));
    chosen.push_back(*found);
  }
  return chosen;
}

std::vector<FolderTrouble> decode_troubles(std::string_view bytes) {
  std::vector<FolderTrouble> troubles;
  common::FieldReader reader(bytes);
  while (!reader.at_end()) {
    std::string folder(reader.field());
    std::string reason(reader.field());
    std::string detail(reader.field());
    if (reader.ok()) troubles.push_back({std::move(folder), std::move(reason), std::move(detail)});
  }
  return troubles;
}

Result<std::optional<Pass>> latest_pass(Connection& connection, AccountId account) {
  std::optional<Pass> pass;
  MAILKEEP_CHECKED(connection.query(
      "SELECT started, finished, outcome, error, troubles FROM passes WHERE account_id = $1 "
      "ORDER BY id DESC LIMIT 1",
      {number(account)}, [&](const Row& row) {
        pass = Pass{row.integer(0), row.text(2) == "complete", std::string(row.text(3)),
                    decode_troubles(row.bytes(4))};
        if (row.is_null(1)) pass->error = "the latest pass did not come to its end";
        return Status();
      }));
  return pass;
}

// The names of the folders that the server listed when it last did.
Result<std::optional<std::set<std::string>>> latest_listing(Connection& connection,
                                                            AccountId account) {
  std::optional<std::set<std::string>> listing;
  MAILKEEP_CHECKED(
      connection.query("SELECT folders FROM passes WHERE account_id = $1 AND length(folders) > 0 "
                       "ORDER BY account_id DESC, id DESC LIMIT 1",
                       {number(account)}, [&](const Row& row) {
                         if (const auto names = decode_uidls(row.bytes(0)))
                           listing = std::set<std::string>(names->begin(), names->end());
                         return Status();
                       }));
  return listing;
}

Result<EpochFacts> read_facts(Connection& connection, EpochHead epoch) {
  EpochFacts facts;
  MAILKEEP_TRY(outcomes, read_outcomes(connection, epoch.id));
  facts.outcomes = std::move(outcomes);
  MAILKEEP_CHECKED(
      connection.query("SELECT uid, uidl, attempts FROM attempts WHERE epoch_id = $1 ORDER BY uid",
                       {number(epoch.id)}, [&](const Row& row) {
                         const auto attempts = static_cast<std::uint32_t>(row.integer(2));
                         if (row.integer(0) != 0) {
                           facts.attempts.uids[attempts].add(static_cast<Uid>(row.integer(0)));
                         } else {
                           facts.attempts.uidls[std::string(row.bytes(1))] = attempts;
                         }
                         return Status();
                       }));
  facts.epoch = std::move(epoch);
  return facts;
}

// "failed" only for what was tried; a reason of "not-fetched-yet" means that it was not.
std::string_view state_for(std::string_view reason) {
  if (reason == kReasonFolderGone) return kStateVanished;
  return reason == kReasonPending ? kStatePending : kStateFailed;
}

void add_gaps(UidSet uids, std::string_view reason, const EpochFacts& facts, GapList& gaps) {
  for (const auto& [attempts, tried] : facts.attempts.uids) {
    gaps.add(uids.intersection(tried), state_for(reason), reason, attempts);
    uids.remove(tried);
  }
  gaps.add(uids, state_for(reason), reason, 0);
}

void list_gaps(UidSet missing, const EpochFacts& facts, GapList& gaps) {
  if (!facts.is_listed) return add_gaps(std::move(missing), kReasonFolderGone, facts, gaps);
  for (const auto& group : facts.outcomes.groups()) {
    if (group.state != kStateFailed) continue;
    const UidSet failed = missing.intersection(group.uids);
    add_gaps(failed, group.reason, facts, gaps);
    missing.remove(failed);
  }
  // What vanished and is claimed again, and what no pass has come to yet.
  add_gaps(std::move(missing), kReasonPending, facts, gaps);
}

Status report_uids(Connection& connection, const EpochFacts& facts, FolderReport& report) {
  MAILKEEP_TRY(cursor, read_cursor(connection, facts.epoch.id));
  MAILKEEP_TRY(server, read_server_uids(connection, facts.epoch.id));
  MAILKEEP_TRY(deletions, read_deletions(connection, facts.epoch.id));
  report.archived = cursor.archived.size();
  report.excluded = cursor.excluded.size();
  report.gone = cursor.gone.size();
  report.deleted = deletions.done.size();
  report.vanished = facts.outcomes.uids_in(kStateVanished).without(cursor.archived).size();
  report.server = server.size();
  for (const auto& group : facts.outcomes.groups()) {
    const std::uint64_t count = group.uids.intersection(cursor.excluded).size();
    if (group.state == kStateExcluded && count > 0)
      report.excluded_by.push_back({group.reason, count});
  }
  if (facts.is_newest) list_gaps(server.without(cursor.covered()), facts, report.gaps);
  return {};
}

// How many sightings each UIDL has: servers that hash messages give twins the same one.
Result<std::map<std::string, std::uint64_t, std::less<>>> archived_uidls(Connection& connection,
                                                                         const EpochHead& epoch) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  MAILKEEP_CHECKED(connection.query(
      "SELECT uidl, COUNT(*) FROM sightings WHERE account_id = $1 AND epoch_id = $2 GROUP BY uidl",
      {number(epoch.account), number(epoch.id)}, [&](const Row& row) {
        counts.emplace(row.bytes(0), static_cast<std::uint64_t>(row.integer(1)));
        return Status();
      }));
  return counts;
}

std::string_view reason_of(const EpochFacts& facts, const std::string& uidl) {
  const auto last = facts.outcomes.uidls().find(uidl);
  if (last == facts.outcomes.uidls().end() || last->second.state != kStateFailed)
    return kReasonPending;
  return last->second.reason;
}

Result<std::vector<std::string>> claimed_uidls(Connection& connection, EpochId epoch) {
  std::optional<std::vector<std::string>> claimed = std::vector<std::string>();
  MAILKEEP_CHECKED(connection.query("SELECT uidls FROM server_uidls WHERE epoch_id = $1",
                                    {number(epoch)}, [&](const Row& row) {
                                      claimed = decode_uidls(row.bytes(0));
                                      return Status();
                                    }));
  if (!claimed)
    return common::fail(ErrorKind::Corrupt,
                        "the claim of epoch {} is damaged: run `mailkeep verify`", number(epoch));
  return *std::move(claimed);
}

void count_outcomes(const OutcomeHistory& outcomes,
                    const std::map<std::string, std::uint64_t, std::less<>>& archived,
                    FolderReport& report) {
  std::map<std::string, std::uint64_t> by_rule;
  for (const auto& [uidl, last] : outcomes.uidls()) {
    if (archived.contains(uidl)) continue;
    if (last.state == kStateExcluded) ++by_rule[last.reason];
    if (last.state == kStateVanished) ++report.vanished;
  }
  for (const auto& [rule, count] : by_rule) {
    report.excluded += count;
    report.excluded_by.push_back({rule, count});
  }
}

Status report_uidls(Connection& connection, const EpochFacts& facts, FolderReport& report) {
  MAILKEEP_TRY(archived, archived_uidls(connection, facts.epoch));
  for (const auto& [uidl, count] : archived) report.archived += count;
  count_outcomes(facts.outcomes, archived, report);
  MAILKEEP_TRY(deletions, read_deletions(connection, facts.epoch.id));
  report.deleted = deletions.done_uidls.size();
  MAILKEEP_TRY(claimed, claimed_uidls(connection, facts.epoch.id));
  report.server = claimed.size();
  if (!facts.is_newest) return {};
  std::map<std::string, std::uint64_t> wanted;
  for (const std::string& uidl : claimed) ++wanted[uidl];
  for (const auto& [uidl, count] : wanted) {
    const auto there = archived.find(uidl);
    const std::uint64_t stored = there == archived.end() ? 0 : there->second;
    // RFC 1939 §7 lets identical messages share a UIDL, and equal bytes are one sighting: where one
    // is archived, a twin is missing only if fetching it failed.
    const bool is_twin_stored = stored > 0 && !facts.attempts.uidls.contains(uidl);
    if (is_twin_stored || facts.outcomes.uidl_is(uidl, kStateExcluded)) continue;
    const std::string_view reason = reason_of(facts, uidl);
    for (std::uint64_t n = stored; n < count; ++n)
      report.gaps.add(Gap{0, uidl, std::string(state_for(reason)), std::string(reason),
                          facts.attempts.of(uidl)});
  }
  return {};
}

// Some servers show 10,000 messages of a folder (Yahoo), or as many as somebody once chose (Gmail),
// and count no more than that: only the roundness of the number gives it away.
bool is_ceiling(std::uint64_t exists) {
  constexpr std::array<std::uint64_t, 4> kCeilings = {1000, 2000, 5000, 10'000};
  return std::find(kCeilings.begin(), kCeilings.end(), exists) != kCeilings.end();
}

void add_claim(const EpochFacts& facts, FolderReport& report) {
  const auto& claim = facts.epoch.last_claim;
  if (!claim) return;
  report.listed = claim->listed;
  report.checked = claim->checked;
  report.is_inferred = claim->is_inferred();
  if (!facts.is_newest || !facts.is_listed) return;
  if (claim->exists > report.server)
    report.trouble = fmt::format("{}: the server counts {} messages and lists {}",
                                 kReasonListingShort, claim->exists, report.server);
  if (is_ceiling(claim->exists) && claim->uidnext > claim->exists + 1)
    report.note = fmt::format(
        "the server shows exactly {} messages: it may be hiding others (a limit of messages per "
        "folder, in the mailbox's settings or of the provider)",
        claim->exists);
}

Result<FolderReport> report_folder(Connection& connection, const EpochFacts& facts, bool has_uids) {
  FolderReport report;
  report.name = facts.epoch.folder;
  report.uidvalidity = facts.epoch.uidvalidity;
  report.epoch = facts.epoch.number;
  report.is_newest_epoch = facts.is_newest;
  report.is_listed = facts.is_listed;
  if (has_uids) {
    MAILKEEP_CHECKED(report_uids(connection, facts, report));
  } else {
    MAILKEEP_CHECKED(report_uidls(connection, facts, report));
  }
  report.failed = report.gaps.count(kStateFailed);
  report.vanished += report.gaps.count(kStateVanished);
  add_claim(facts, report);
  return report;
}

// A folder that could not even be opened the first time has no epoch, and is listed all the same.
void add_troubles(const std::vector<FolderTrouble>& troubles, std::vector<FolderReport>& folders) {
  for (const FolderTrouble& trouble : troubles) {
    auto folder = std::find_if(folders.begin(), folders.end(), [&](const FolderReport& report) {
      return report.is_newest_epoch && report.name == trouble.folder;
    });
    if (folder == folders.end()) {
      FolderReport report;
      report.name = trouble.folder;
      folder = folders.insert(folders.end(), std::move(report));
    }
    folder->trouble =
        trouble.detail.empty() ? trouble.reason : trouble.reason + ": " + trouble.detail;
  }
}

bool is_whole(const FolderReport& folder) { return folder.gaps.empty() && folder.trouble.empty(); }

Result<AccountReport> report_account(Connection& connection, const AccountRow& account) {
  AccountReport report;
  report.name = account.name;
  MAILKEEP_TRY(pass, latest_pass(connection, account.id));
  MAILKEEP_TRY(listing, latest_listing(connection, account.id));
  const bool has_uids = account.protocol == name_of(Protocol::Imap);
  MAILKEEP_TRY(heads, read_heads(connection, account.id));  // by folder, the newest last
  for (std::size_t i = 0; i < heads.size(); ++i) {
    MAILKEEP_TRY(facts, read_facts(connection, heads[i]));
    facts.is_newest = i + 1 == heads.size() || heads[i + 1].folder != heads[i].folder;
    facts.is_listed = !has_uids || !listing || listing->contains(heads[i].folder);
    MAILKEEP_TRY(folder, report_folder(connection, facts, has_uids));
    report.folders.push_back(std::move(folder));
  }
  if (!pass) return report;
  report.last_pass = pass->started;
  report.error = pass->error;
  add_troubles(pass->troubles, report.folders);
  report.complete =
      pass->is_complete && std::all_of(report.folders.begin(), report.folders.end(), is_whole);
  return report;
}

}  // namespace

Result<CompletenessReport> completeness(Archive& archive, const std::vector<std::string>& names) {
  MAILKEEP_TRY(reading, archive.database().begin_read());
  MAILKEEP_TRY(accounts, choose_accounts(reading->connection(), names));
  CompletenessReport report;
  report.complete = true;
  for (const AccountRow& account : accounts) {
    MAILKEEP_TRY(one, report_account(reading->connection(), account));
    report.complete = report.complete && one.complete;
    report.accounts.push_back(std::move(one));
  }
  return report;
}

}  // namespace mailkeep::store
