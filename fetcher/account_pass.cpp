// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/account_pass.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log.h"
#include "fetcher/folder_sync.h"
#include "fetcher/maildrop_pass.h"
#include "fetcher/server_cleanup.h"
#include "store/lease.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::LogLevel;
using common::Status;

namespace {

// Of a pass in which messages that break the connection are given up one after the other.
constexpr int kReconnectsOverMessages = 8;

// How often a pass may connect anew: once after a cut, and once more for each message that was
// found to be the cause and given up. Never after a silence: a stalled account has cost enough
// already.
class ReconnectBudget {
 public:
  bool allows(const common::Error& error, bool has_given_up) {
    const bool is_cut = error.kind == ErrorKind::Network || error.kind == ErrorKind::Protocol ||
                        error.kind == ErrorKind::Limit;
    if (!is_cut) return false;
    if (has_given_up && over_messages_ > 0) return over_messages_-- > 0;
    return plain_-- > 0;
  }

 private:
  int plain_ = 1;
  int over_messages_ = kReconnectsOverMessages;
};

// What the pass leaves behind for its record.
struct Findings {
  std::vector<std::string> folders;
  std::vector<store::FolderTrouble> troubles;
  std::uint64_t failed = 0;
};

class AccountPass {
 public:
  AccountPass(store::Archive& archive, store::Ledger& ledger, store::Lease& lease,
              const store::Account& account, Server server, ProgressReport& progress,
              std::uint64_t turn, std::stop_token stop)
      : archive_(archive),
        ledger_(ledger),
        account_(account),
        server_(std::move(server)),
        progress_(progress),
        turn_(turn),
        stop_(std::move(stop)),
        cleanup_(archive, ledger, lease, account),
        sealer_(ledger, lease, [this](const store::SealReport& report) { count(report); }) {}

  Status run() {
    return account_.settings.protocol == store::Protocol::Imap ? run_imap() : run_pop3();
  }
  const Findings& findings() const { return findings_; }
  const ServerCleanup& cleanup() const { return cleanup_; }

 private:
  Status run_imap();
  Status list_folders();
  Status sync_folder(const std::string& folder);
  Status run_pop3();
  Status open_imap();
  Status clean_server();
  void count(const store::SealReport& report);

  store::Archive& archive_;
  store::Ledger& ledger_;
  const store::Account& account_;
  Server server_;
  ProgressReport& progress_;
  std::uint64_t turn_;  // which of the account's passes this is
  std::stop_token stop_;
  Findings findings_;
  ReconnectBudget reconnects_;
  std::unique_ptr<imap::Session> session_;
  ServerCleanup cleanup_;
  Sealer sealer_;
};

Status AccountPass::run_imap() {
  MAILKEEP_CHECKED(open_imap());
  MAILKEEP_CHECKED(list_folders());
  for (const std::string& folder : findings_.folders) MAILKEEP_CHECKED(sync_folder(folder));
  MAILKEEP_CHECKED(clean_server());
  session_->log_out();
  return {};
}

// Order: after the last folder, when the sealer has nothing more: only what is committed is
// deleted.
Status AccountPass::clean_server() {
  if (!cleanup_.is_wanted()) return {};
  MAILKEEP_CHECKED(sealer_.drain());
  MAILKEEP_TRY(epochs, ledger_.epochs(account_.id));
  std::map<std::string_view, const store::Epoch*> newest;
  for (const store::Epoch& epoch : epochs) newest[epoch.folder] = &epoch;
  for (const std::string& folder : findings_.folders) {
    const auto epoch = newest.find(folder);
    if (epoch != newest.end()) MAILKEEP_CHECKED(cleanup_.clean_folder(*session_, *epoch->second));
  }
  return {};
}

Status AccountPass::open_imap() {
  session_.reset();  // Order: the old connection is gone before a new one counts against a limit.
  MAILKEEP_TRY(session, imap::Session::open(server_, archive_.data_dir(), {}, {}, stop_));
  session_ = std::move(session);
  return {};
}

Status AccountPass::list_folders() {
  auto folders = session_->list();
  if (!folders && reconnects_.allows(folders.error(), false)) {
    MAILKEEP_CHECKED(open_imap());
    folders = session_->list();
  }
  if (!folders) return tl::unexpected(std::move(folders).error());
  findings_.folders = std::move(*folders);
  return {};
}

Status AccountPass::sync_folder(const std::string& folder) {
  const FolderRules rules(account_.settings.include, account_.settings.exclude);
  FolderSync sync({ledger_, sealer_, rules, progress_}, account_.id, folder);
  for (;;) {
    auto end = sync.run(*session_);
    if (end) {
      findings_.failed += end->failed + (end->trouble ? 1 : 0);
      if (end->trouble) findings_.troubles.push_back(std::move(*end->trouble));
      return {};
    }
    if (!reconnects_.allows(end.error(), sync.has_given_up())) {
      findings_.troubles.push_back({folder, std::string(store::kReasonCut), end.error().text});
      return tl::unexpected(std::move(end).error());
    }
    common::log(
        LogLevel::Warning, "fetch.connection.renewed",
        {{"account", account_.settings.name}, {"folder", folder}, {"reason", end.error().text}});
    MAILKEEP_CHECKED(open_imap());
  }
}

Status AccountPass::run_pop3() {
  findings_.folders = {"INBOX"};
  MaildropPass pass({archive_, ledger_, sealer_, progress_, cleanup_}, account_, turn_);
  auto status = pass.run(
      server_,
      [this](const common::Error& error, bool has_given_up) {
        return reconnects_.allows(error, has_given_up);
      },
      stop_);
  findings_.failed = pass.failed();
  if (pass.trouble()) findings_.troubles.push_back(*pass.trouble());
  return status;
}

void AccountPass::count(const store::SealReport& report) {
  progress_.update([&](Progress& progress) {
    progress.messages += report.sighted;
    progress.bytes += report.bytes;
  });
}

Status record_and_run(store::Archive& archive, const store::Account& account, store::Lease& lease,
                      ProgressReport& progress, std::stop_token stop, AccountResult& result) {
  store::Ledger ledger(archive);
  MAILKEEP_TRY(pass, ledger.begin_pass(account.id));
  Findings findings;
  // Also what went wrong before the first byte was sent is part of the pass's record.
  const auto run = [&]() -> Status {
    MAILKEEP_TRY(server, server_of(archive, account));
    AccountPass work(archive, ledger, lease, account, std::move(server), progress,
                     static_cast<std::uint64_t>(pass), std::move(stop));
    auto status = work.run();
    findings = work.findings();
    result.deleted = work.cleanup().deleted();
    result.notice = work.cleanup().refusal();
    if (work.cleanup().deleted() > 0)
      common::log(
          LogLevel::Info, "delete.done",
          {{"account", account.settings.name}, {"messages", std::to_string(result.deleted)}});
    return status;
  };
  Status status = run();
  result.failed = findings.failed;
  const bool is_complete = findings.failed == 0 && findings.troubles.empty();
  const auto outcome = !status       ? store::PassOutcome::Failed
                       : is_complete ? store::PassOutcome::Complete
                                     : store::PassOutcome::Incomplete;
  // If we die here: the pass stays open in the ledger, which the report reads as not finished.
  MAILKEEP_CHECKED(ledger.finish_pass(pass, outcome, status ? result.notice : status.error().text,
                                      findings.folders, findings.troubles));
  return status;
}

}  // namespace

common::Result<Server> server_of(store::Archive& archive, const store::Account& account) {
  MAILKEEP_TRY(password, store::Accounts(archive).password(account.id));
  const store::AccountSettings& settings = account.settings;
  return Server{{settings.host, settings.port},
                settings.tls,
                settings.ca_file,
                {settings.user, net::Secret(std::move(password))},
                {}};
}

AccountResult run_account(store::Archive& archive, const store::Account& account,
                          ProgressReport& progress, std::stop_token stop) {
  AccountResult result;
  result.account = account.settings.name;
  const auto work = [&]() -> Status {
    if (stop.stop_requested()) return common::fail(ErrorKind::Cancelled, "stopped on request");
    const std::string name = fmt::format("account-{}", store::number(account.id));
    auto lease = store::Lease::take(archive, name);
    if (!lease && lease.error().kind == ErrorKind::Busy) {
      return common::fail(ErrorKind::Busy, "another process is fetching this account now");
    }
    if (!lease) return tl::unexpected(std::move(lease).error());
    return record_and_run(archive, account, *lease, progress, std::move(stop), result);
  };
  if (auto status = work(); !status) {
    result.error = std::move(status).error();
    // A limit that one message passes is that message's fault; one that ends the account's pass was
    // passed by the server's own talk.
    if (result.error->kind == ErrorKind::Limit) result.error->kind = ErrorKind::Protocol;
  }
  const Progress done = progress.snapshot();
  result.messages = done.messages;
  result.bytes = done.bytes;
  progress.update([](Progress& last) { last.is_finished = true; });
  return result;
}

}  // namespace mailkeep::fetcher
