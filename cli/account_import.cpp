// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep account import FILE.csv: many accounts at once.

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/account_flags.h"
#include "cli/context.h"
#include "cli/csv.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/printable.h"
#include "store/account_rules.h"
#include "store/accounts.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

constexpr std::size_t kMaxFileBytes = 64UL << 20U;

struct ImportFlags {
  std::string file;
  AccountFlags defaults;  // interval and send budget for rows that say nothing
};

struct ImportedAccount {
  store::AccountSettings settings;
  std::string password, smtp_password;
};

// Where a column goes. An empty cell says nothing.
struct Cells {
  AccountFlags flags;
  std::string password, smtp_password;
};
using Setter = void (*)(Cells&, const std::string&);
constexpr std::array<std::pair<std::string_view, Setter>, 15> kColumns = {{
    {"name", [](Cells& c, const std::string& text) { c.flags.name = text; }},
    {"url", [](Cells& c, const std::string& text) { c.flags.url = text; }},
    {"tls", [](Cells& c, const std::string& text) { c.flags.tls = text; }},
    {"ca", [](Cells& c, const std::string& text) { c.flags.ca = text; }},
    {"password", [](Cells& c, const std::string& text) { c.password = text; }},
    {"password_file", [](Cells& c, const std::string& text) { c.flags.password.file = text; }},
    {"custodian", [](Cells& c, const std::string& text) { c.flags.custodian = text; }},
    {"address", [](Cells& c, const std::string& text) { c.flags.address = text; }},
    {"include", [](Cells& c, const std::string& text) { c.flags.include = {{text}}; }},
    {"exclude", [](Cells& c, const std::string& text) { c.flags.exclude = {{text}}; }},
    {"smtp", [](Cells& c, const std::string& text) { c.flags.smtp = text; }},
    {"smtp_user", [](Cells& c, const std::string& text) { c.flags.smtp_user = text; }},
    {"smtp_password", [](Cells& c, const std::string& text) { c.smtp_password = text; }},
    {"interval", [](Cells& c, const std::string& text) { c.flags.interval = text; }},
    {"send_budget", [](Cells& c, const std::string& text) { c.flags.send_budget = text; }},
}};

common::Result<std::vector<Setter>> setters_for(const CsvRow& header) {
  std::vector<Setter> setters;
  for (const std::string& name : header.cells) {
    const auto* const known = std::find_if(kColumns.begin(), kColumns.end(),
                                           [&](const auto& one) { return one.first == name; });
    if (known == kColumns.end()) {
      std::string names;
      for (const auto& column : kColumns) names.append(names.empty() ? "" : ", ") += column.first;
      return fail(ErrorKind::Usage, "the column '{}' is not known; there are {}",
                  common::printable(name), names);
    }
    setters.push_back(known->second);
  }
  return setters;
}

common::Result<ImportedAccount> account_from(const CsvRow& row, const std::vector<Setter>& setters,
                                             const AccountFlags& defaults) {
  if (row.cells.size() != setters.size())
    return fail(ErrorKind::Usage, "there are {} cells, and {} columns", row.cells.size(),
                setters.size());
  Cells cells;
  cells.flags = defaults;
  for (std::size_t i = 0; i < setters.size(); ++i)
    if (!row.cells[i].empty()) setters[i](cells, row.cells[i]);
  MAILKEEP_TRY(wish, wish_from(cells.flags));
  MAILKEEP_TRY(settings, store::settings_for_new(cells.flags.name, wish));
  if (!cells.flags.password.file.empty()) {
    MAILKEEP_TRY(password, read_password(cells.flags.password));
    cells.password = password;
  }
  if (cells.password.empty())
    return fail(ErrorKind::Usage, "the account has neither password nor password_file");
  return ImportedAccount{settings, cells.password, cells.smtp_password};
}

common::Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::Config, "{} cannot be read", common::printable(path));
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.size() > kMaxFileBytes)
    return fail(ErrorKind::Usage, "{} is larger than 64 MiB", common::printable(path));
  return text;
}

// All rows are looked at before the first account is made: a mistake makes none.
common::Result<std::vector<ImportedAccount>> read_accounts(const ImportFlags& flags) {
  MAILKEEP_TRY(text, read_file(flags.file));
  MAILKEEP_TRY(rows, parse_csv(text));
  if (rows.size() < 2)
    return fail(ErrorKind::Usage, "{} needs a line of column names and one for each account",
                common::printable(flags.file));
  MAILKEEP_TRY(setters, setters_for(rows.front()));
  std::vector<ImportedAccount> accounts;
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    auto account = account_from(*row, setters, flags.defaults);
    if (!account) return fail(account.error().kind, "line {}: {}", row->line, account.error().text);
    accounts.push_back(std::move(*account));
  }
  return accounts;
}

common::Status refuse_taken_names(store::Accounts& accounts,
                                  const std::vector<ImportedAccount>& wanted) {
  MAILKEEP_TRY(known, accounts.list());
  std::vector<std::string> names;
  names.reserve(known.size() + wanted.size());
  for (const store::Account& account : known) names.push_back(account.settings.name);
  for (const ImportedAccount& account : wanted) {
    const std::string& name = account.settings.name;
    if (std::find(names.begin(), names.end(), name) != names.end())
      return fail(ErrorKind::Conflict, "there is an account named {} already; none was added",
                  common::printable(name));
    names.push_back(name);
  }
  return {};
}

common::Result<int> import_accounts(const Context& context, const ImportFlags& flags) {
  MAILKEEP_TRY(wanted, read_accounts(flags));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  store::Accounts accounts(*archive);
  MAILKEEP_CHECKED(refuse_taken_names(accounts, wanted));
  for (const ImportedAccount& one : wanted) {
    MAILKEEP_TRY(account, accounts.add(one.settings, one.password));
    if (!one.smtp_password.empty())
      MAILKEEP_CHECKED(accounts.set_smtp_password(account.id, one.smtp_password));
    if (context.json) {
      Poco::JSON::Object object = json_object();
      object.set("name", one.settings.name);
      MAILKEEP_CHECKED(print_json(object));
    } else {
      MAILKEEP_CHECKED(print("added {}\n", one.settings.name));
    }
  }
  return kDone;
}

}  // namespace

void add_account_import(CLI::App& group, Context& context) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* const command =
      add_command(group, context, "import", "Accounts from a CSV file with a line of column names",
                  [&context, flags] { return import_accounts(context, *flags); });
  command->add_option("FILE", flags->file, "the columns are named like the options of account add")
      ->required();
  command->add_option("--interval", flags->defaults.interval, "for rows that name none");
  command->add_option("--send-budget", flags->defaults.send_budget, "for rows that name none");
}

}  // namespace mailkeep::cli
