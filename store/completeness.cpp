// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/completeness.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/encoding.h"
#include "common/printable.h"
#include "store/accounts.h"
#include "store/ledger_epochs.h"
#include "store/ledger_outcomes.h"
#include "store/log/facts.h"
#include "store/lookup.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

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

// One folder epoch with all that the report asks of it.
struct EpochFacts {
  Epoch epoch;
  bool is_newest = false;
  std::optional<std::string> server_set;  // nothing: the server was never asked
  OutcomeHistory outcomes;
  std::map<std::pair<Uid, std::string>, std::uint32_t> attempts;
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

Result<EpochFacts> read_facts(Connection& connection, Epoch epoch) {
  EpochFacts facts;
  MAILKEEP_CHECKED(connection.query("SELECT server_set FROM epochs WHERE id = $1",
                                    {number(epoch.id)}, [&](const Row& row) {
                                      if (!row.is_null(0))
                                        facts.server_set = std::string(row.bytes(0));
                                      return Status();
                                    }));
  MAILKEEP_TRY(outcomes, read_outcomes(connection, epoch.id));
  facts.outcomes = std::move(outcomes);
  MAILKEEP_CHECKED(connection.query("SELECT uid, uidl, attempts FROM attempts WHERE epoch_id = $1",
                                    {number(epoch.id)}, [&](const Row& row) {
                                      const auto uid = static_cast<Uid>(row.integer(0));
                                      facts.attempts[{uid, std::string(row.bytes(1))}] =
                                          static_cast<std::uint32_t>(row.integer(2));
                                      return Status();
                                    }));
  facts.epoch = std::move(epoch);
  return facts;
}

// "failed" only for what was tried; a reason of "not-fetched-yet" means that it was not.
Gap make_gap(Uid uid, std::string_view uidl, std::string_view reason, const EpochFacts& facts) {
  Gap gap{uid, std::string(uidl), std::string(kStateFailed), std::string(reason), 0};
  if (reason == kReasonPending) gap.state = "pending";
  const auto tried = facts.attempts.find({uid, gap.uidl});
  if (tried != facts.attempts.end()) gap.attempts = tried->second;
  return gap;
}

void list_gaps(const UidSet& uids, std::string_view reason, const EpochFacts& facts,
               std::vector<Gap>& gaps) {
  for (const UidSet::Range& range : uids.ranges()) {
    for (std::uint64_t uid = range.first; uid <= range.last; ++uid)
      gaps.push_back(make_gap(static_cast<Uid>(uid), {}, reason, facts));
  }
}

Result<UidSet> archived_uids(Connection& connection, const Epoch& epoch) {
  UidSet archived;
  MAILKEEP_CHECKED(connection.query(
      "SELECT uid FROM sightings WHERE account_id = $1 AND epoch_id = $2 AND uid IS NOT NULL "
      "ORDER BY uid",
      {number(epoch.account), number(epoch.id)}, [&](const Row& row) {
        archived.add(static_cast<Uid>(row.integer(0)));
        return Status();
      }));
  return archived;
}

Status report_uids(Connection& connection, const EpochFacts& facts, FolderReport& report) {
  MAILKEEP_TRY(archived, archived_uids(connection, facts.epoch));
  const UidSet excluded = facts.outcomes.uids_in(kStateExcluded).without(archived);
  report.archived = archived.size();
  report.excluded = excluded.size();
  report.vanished = facts.outcomes.uids_in(kStateVanished).without(archived).size();
  if (!facts.server_set) return {};
  const auto server = UidSet::from_string(*facts.server_set);
  if (!server)
    return common::fail(ErrorKind::Corrupt,
                        "the claim of epoch {} is damaged: run `mailkeep verify`",
                        number(facts.epoch.id));
  report.server = server->size();
  UidSet missing = server->without(archived).without(excluded);
  if (!facts.is_newest) return {};
  for (const auto& group : facts.outcomes.groups()) {
    if (group.state != kStateFailed) continue;
    const UidSet failed = missing.intersection(group.uids);
    list_gaps(failed, group.reason, facts, report.gaps);
    missing.remove(failed);
  }
  // What vanished and is claimed again, and what no pass has come to yet.
  list_gaps(missing, kReasonPending, facts, report.gaps);
  std::sort(report.gaps.begin(), report.gaps.end(),
            [](const Gap& a, const Gap& b) { return a.uid < b.uid; });
  return {};
}

// How many sightings each UIDL has: servers that hash messages give twins the same one.
Result<std::map<std::string, std::uint64_t, std::less<>>> archived_uidls(Connection& connection,
                                                                         const Epoch& epoch) {
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

Status report_uidls(Connection& connection, const EpochFacts& facts, FolderReport& report) {
  MAILKEEP_TRY(archived, archived_uidls(connection, facts.epoch));
  for (const auto& [uidl, count] : archived) report.archived += count;
  for (const auto& [uidl, last] : facts.outcomes.uidls()) {
    if (archived.contains(uidl)) continue;
    if (last.state == kStateExcluded) ++report.excluded;
    if (last.state == kStateVanished) ++report.vanished;
  }
  if (!facts.server_set) return {};
  const auto claimed = decode_uidls(*facts.server_set);
  if (!claimed)
    return common::fail(ErrorKind::Corrupt,
                        "the claim of epoch {} is damaged: run `mailkeep verify`",
                        number(facts.epoch.id));
  report.server = claimed->size();
  if (!facts.is_newest) return {};
  std::map<std::string, std::uint64_t> wanted;
  for (const std::string& uidl : *claimed) ++wanted[uidl];
  for (const auto& [uidl, count] : wanted) {
    const auto there = archived.find(uidl);
    const std::uint64_t stored = there == archived.end() ? 0 : there->second;
    // RFC 1939 §7 lets identical messages share a UIDL, and equal bytes are one sighting: where one
    // is archived, a twin is missing only if fetching it failed.
    const bool is_twin_stored = stored > 0 && !facts.attempts.contains({0, uidl});
    if (is_twin_stored || facts.outcomes.uidl_is(uidl, kStateExcluded)) continue;
    for (std::uint64_t n = stored; n < count; ++n)
      report.gaps.push_back(make_gap(0, uidl, reason_of(facts, uidl), facts));
  }
  return {};
}

Result<FolderReport> report_folder(Connection& connection, const EpochFacts& facts, bool has_uids) {
  FolderReport report;
  report.name = facts.epoch.folder;
  report.uidvalidity = facts.epoch.uidvalidity;
  report.epoch = facts.epoch.number;
  report.is_newest_epoch = facts.is_newest;
  if (has_uids) {
    MAILKEEP_CHECKED(report_uids(connection, facts, report));
  } else {
    MAILKEEP_CHECKED(report_uidls(connection, facts, report));
  }
  report.failed = static_cast<std::uint64_t>(
      std::count_if(report.gaps.begin(), report.gaps.end(),
                    [](const Gap& gap) { return gap.state == kStateFailed; }));
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
  MAILKEEP_TRY(epochs, read_epochs(connection, account.id));  // by folder, then by number
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    const bool is_newest = i + 1 == epochs.size() || epochs[i + 1].folder != epochs[i].folder;
    MAILKEEP_TRY(facts, read_facts(connection, epochs[i]));
    facts.is_newest = is_newest;
    MAILKEEP_TRY(folder,
                 report_folder(connection, facts, account.protocol == name_of(Protocol::Imap)));
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
