// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

#include "common/printable.h"
#include "store/log/facts.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

struct Versions {
  common::Micros founded = 0;  // time of the first
  std::int64_t newest = 0;     // position of the last
  AccountColumns columns;      // of the last
};

Result<std::map<std::int64_t, Versions>> read_versions(Connection& connection) {
  std::map<std::int64_t, Versions> accounts;
  MAILKEEP_CHECKED(
      connection.query("SELECT position, account_id, fact FROM account_versions ORDER BY position",
                       {}, [&](const Row& row) {
                         auto columns = decode_account_version(row.bytes(2));
                         if (!columns) return Status();  // a fault of its own already
                         const auto [at, is_first] = accounts.try_emplace(row.integer(1));
                         if (is_first) at->second.founded = columns->time;
                         at->second.newest = row.integer(0);
                         at->second.columns = *std::move(columns);
                         return Status();
                       }));
  return accounts;
}

// The names of the columns that differ from the newest version.
std::string differing_columns(const Row& row, const Versions& versions) {
  const AccountColumns& wanted = versions.columns;
  std::string names;
  const auto note = [&](bool is_same, std::string_view name) {
    if (!is_same) names.append(names.empty() ? "" : ", ").append(name);
  };
  note(row.text(1) == wanted.name, "name");
  note(row.text(2) == wanted.state, "state");
  note(row.text(3) == wanted.protocol, "protocol");
  note(row.text(4) == wanted.tls, "tls");
  note(row.text(5) == wanted.host, "host");
  note(row.integer(6) == wanted.port, "port");
  note(row.text(7) == wanted.user, "user_name");
  note(row.text(8) == wanted.ca_file, "ca_file");
  note(row.text(9) == wanted.custodian, "custodian");
  note(row.text(10) == wanted.address, "address");
  note(row.text(11) == wanted.include, "include_globs");
  note(row.text(12) == wanted.exclude, "exclude_globs");
  const auto days = row.is_null(13) ? std::nullopt : std::optional(row.integer(13));
  note(days == wanted.delete_after_days, "delete_after_days");
  note(row.text(14) == wanted.smtp_url, "smtp_url");
  note(row.integer(15) == versions.founded, "created");
  note(row.integer(16) == versions.newest, "version_position");
  note(row.text(17) == wanted.options, "options");
  return names;
}

}  // namespace

Status verify_accounts(Verification& run) {
  MAILKEEP_TRY(versions, read_versions(run.connection));
  const auto check = [&](const Row& row) {
    const std::string id = std::to_string(row.integer(0));
    const auto at = versions.find(row.integer(0));
    if (at == versions.end()) {
      run.faults.add("account-unlogged", id, "There is an account that the log knows nothing of.");
      return Status();
    }
    const std::string columns = differing_columns(row, at->second);
    if (!columns.empty())
      run.faults.add("account-altered", id,
                     fmt::format("The account differs from its newest version, at log position {}, "
                                 "in: {}.",
                                 at->second.newest, columns));
    versions.erase(at);
    return Status();
  };
  MAILKEEP_CHECKED(run.connection.query(
      "SELECT id, name, state, protocol, tls, host, port, user_name, ca_file, custodian, address, "
      "include_globs, exclude_globs, delete_after_days, smtp_url, created, version_position, "
      "options "
      "FROM accounts ORDER BY id",
      {}, check));
  for (const auto& [id, lost] : versions)
    run.faults.add("account-missing", std::to_string(id),
                   fmt::format("The log knows the account '{}' and its row is not there.",
                               common::printable(lost.columns.name)));
  return {};
}

}  // namespace mailkeep::store
