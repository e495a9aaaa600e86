// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/fetch.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "fetcher/account_pass.h"
#include "fetcher/dispatcher.h"
#include "fetcher/imap/session.h"
#include "fetcher/pop3/session.h"
#include "fetcher/progress.h"

namespace mailkeep::fetcher {

using common::ErrorKind;

namespace {

common::Result<std::vector<store::Account>> choose_accounts(store::Archive& archive,
                                                            const std::vector<std::string>& names);
common::Status walk_through(store::Archive& archive, const store::Account& account,
                            const StepObserver& on_step, std::stop_token stop);

}  // namespace

common::Result<std::vector<AccountResult>> fetch(store::Archive& archive,
                                                 const std::vector<std::string>& names,
                                                 const PassOptions& options, std::stop_token stop) {
  MAILKEEP_TRY(accounts, choose_accounts(archive, names));
  std::vector<AccountResult> results(accounts.size());
  Dispatcher dispatcher(accounts, options.connections_per_host);
  std::mutex turn;  // of the listener
  const auto work = [&] {
    while (const auto next = dispatcher.take()) {
      ProgressReport progress(accounts[*next].settings.name, options.progress, turn);
      results[*next] = run_account(archive, accounts[*next], progress, stop);
      dispatcher.give_back(*next);
    }
  };
  {
    std::vector<std::jthread> workers;
    const std::size_t count = std::min<std::size_t>(std::max(options.workers, 1U), accounts.size());
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back(work);
  }  // joined: every result is in its place
  return results;
}

common::Result<TestReport> test_account(store::Archive& archive, const store::Account& account,
                                        std::stop_token stop) {
  TestReport report;
  std::vector<std::string> ahead{"connect", "tls", "login", "list"};
  if (account.settings.tls == store::TlsMode::None) ahead.erase(ahead.begin() + 1);
  const auto on_step = [&](std::string_view step, std::string_view detail) {
    // POP3 servers that do not survive CAPA are connected to twice: each step is told once.
    const auto place = std::find(ahead.begin(), ahead.end(), step);
    if (place == ahead.end()) return;
    ahead.erase(place);
    report.steps.push_back({std::string(step), true, std::string(detail)});
  };
  if (auto status = walk_through(archive, account, on_step, std::move(stop)); !status) {
    report.error = std::move(status).error();
    if (!ahead.empty()) report.steps.push_back({ahead.front(), false, report.error->text});
  }
  return report;
}

namespace {

common::Result<std::vector<store::Account>> choose_accounts(store::Archive& archive,
                                                            const std::vector<std::string>& names) {
  store::Accounts accounts(archive);
  std::vector<store::Account> chosen;
  if (names.empty()) {
    MAILKEEP_TRY(all, accounts.list());
    for (store::Account& account : all) {
      const bool is_fetched = account.settings.protocol != store::Protocol::Import;
      if (is_fetched && account.state == store::AccountState::Active) {
        chosen.push_back(std::move(account));
      }
    }
    return chosen;
  }
  for (const std::string& name : names) {
    MAILKEEP_TRY(account, accounts.find(name));
    if (account.settings.protocol == store::Protocol::Import) {
      return common::fail(ErrorKind::Usage, "the account {} holds imported mail and has no server",
                          name);
    }
    if (account.state == store::AccountState::Removed) {
      return common::fail(ErrorKind::NotFound, "the account {} was removed", name);
    }
    const bool is_twice = std::any_of(chosen.begin(), chosen.end(),
                                      [&](const auto& other) { return other.id == account.id; });
    if (!is_twice) chosen.push_back(std::move(account));
  }
  return chosen;
}

common::Status walk_through(store::Archive& archive, const store::Account& account,
                            const StepObserver& on_step, std::stop_token stop) {
  MAILKEEP_TRY(server, server_of(archive, account));
  if (account.settings.protocol == store::Protocol::Imap) {
    MAILKEEP_TRY(session, imap::Session::open(server, archive.data_dir(), {}, on_step, stop));
    MAILKEEP_TRY(folders, session->list());
    on_step("list", fmt::format("{} folders", folders.size()));
    session->log_out();
    return {};
  }
  MAILKEEP_TRY(session, pop3::Session::open(server, archive.data_dir(), {}, on_step, stop));
  MAILKEEP_TRY(listing, session->list());
  on_step("list", fmt::format("{} messages", listing.messages.size()));
  static_cast<void>(session->quit());
  return {};
}

}  // namespace

}  // namespace mailkeep::fetcher
