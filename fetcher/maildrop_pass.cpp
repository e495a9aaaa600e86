// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/maildrop_pass.h"

#include <string>
#include <utility>

#include "common/log.h"
#include "store/rescue.h"
#include "store/server_memory.h"

namespace mailkeep::fetcher {

using common::Result;
using common::Status;

namespace {

// Of one pass over a maildrop that shows its mail in parts.
constexpr int kSessions = 1000;

constexpr std::string_view kCapaHangs = "capa-hangs";
constexpr std::string_view kHides = "pop3-hides-retrieved";
constexpr std::string_view kPart = "pop3-offers-part";
constexpr std::string_view kAlters = "pop3-alters-messages";
constexpr std::string_view kChanges = "pop3-changes-uidls";

// Of this account's maildrop alone.
std::string changed_uidls(const store::Account& account) {
  return fmt::format("pop3-uidls-changed:{}", store::number(account.id));
}

}  // namespace

Status MaildropPass::run(const Server& server, const MayReconnect& may_reconnect,
                         const std::stop_token& stop) {
  MAILKEEP_CHECKED(recall());
  MAILKEEP_TRY(rescue, store::Rescue::open(tools_.archive, account_.id));
  MaildropSync sync(tools_of_sync(rescue), account_.id);
  MAILKEEP_CHECKED(run_sessions(sync, server, may_reconnect, stop));
  if (habits_.offers_part)
    trouble_ = store::FolderTrouble{"INBOX", std::string(store::kReasonPart),
                                    "the server shows only a part of the mailbox in each session, "
                                    "so that POP3 cannot prove that this is all; IMAP can"};
  return {};
}

Status MaildropPass::run_sessions(MaildropSync& sync, const Server& server,
                                  const MayReconnect& may_reconnect, const std::stop_token& stop) {
  for (int sessions = 0; sessions < kSessions; ++sessions) {
    auto session = pop3::Session::open(server, tools_.archive.data_dir(), {}, {}, stop, &manners_);
    // One session more is a question, and most servers have shown all they have in the first.
    if (!session && sync.wants_another_session() && !habits_.offers_part) return {};
    if (!session) return tl::unexpected(std::move(session).error());
    MAILKEEP_CHECKED(remember_capa());
    auto status = sync.run(**session);
    failed_ = sync.failed();
    if (status && !sync.wants_another_session()) return {};
    if (status) continue;
    if (!may_reconnect(status.error(), sync.has_given_up())) return status;
    common::log(common::LogLevel::Warning, "fetch.connection.renewed",
                {{"account", account_.settings.name}, {"reason", status.error().text}});
  }
  return {};
}

MaildropSync::Tools MaildropPass::tools_of_sync(const store::Rescue& rescue) {
  MaildropSync::Tools tools{tools_.ledger, tools_.sealer, tools_.progress, habits_};
  tools.remember = [this](const MaildropHabits& habits) { return remember(habits); };
  tools.rescue = &rescue;
  tools.turn = turn_;
  if (!tools_.cleanup.is_wanted()) return tools;
  tools.before_quit = [this](pop3::Session& session, const pop3::Listing& listing,
                             const MaildropSync::Retrieved& retrieved) -> Status {
    MAILKEEP_CHECKED(tools_.cleanup.before_quit(session, listing, retrieved));
    if (tools_.cleanup.has_met_stranger()) habits_.distrusts_uidls = true;
    return remember(habits_);
  };
  tools.after_quit = [this](bool is_done) { return tools_.cleanup.after_quit(is_done); };
  return tools;
}

Status MaildropPass::recall() {
  store::ServerMemory memory(tools_.archive);
  const store::AccountSettings& settings = account_.settings;
  habits_ = MaildropHabits::of(settings.host);
  const auto ask = [&](std::string_view trait, bool& flag) -> Status {
    MAILKEEP_TRY(known, memory.get(settings.host, settings.port, trait));
    flag = flag || known.has_value();
    return {};
  };
  MAILKEEP_CHECKED(ask(kCapaHangs, manners_.capa_hangs));
  MAILKEEP_CHECKED(ask(kHides, habits_.hides_retrieved));
  MAILKEEP_CHECKED(ask(kPart, habits_.offers_part));
  MAILKEEP_CHECKED(ask(kAlters, habits_.alters_messages));
  MAILKEEP_CHECKED(ask(kChanges, habits_.changes_uidls));
  MAILKEEP_CHECKED(ask(changed_uidls(account_), habits_.distrusts_uidls));
  remembered_ = habits_;
  return {};
}

Status MaildropPass::remember(const MaildropHabits& habits) {
  store::ServerMemory memory(tools_.archive);
  const auto& settings = account_.settings;
  const auto note = [&](std::string_view trait, bool now, bool before) -> Status {
    if (now == before) return {};
    return now ? memory.remember(settings.host, settings.port, trait, "yes")
               : memory.forget(settings.host, settings.port, trait);
  };
  MAILKEEP_CHECKED(note(kHides, habits.hides_retrieved, remembered_.hides_retrieved));
  MAILKEEP_CHECKED(note(kPart, habits.offers_part, remembered_.offers_part));
  MAILKEEP_CHECKED(note(kAlters, habits.alters_messages, remembered_.alters_messages));
  MAILKEEP_CHECKED(note(kChanges, habits.changes_uidls, remembered_.changes_uidls));
  MAILKEEP_CHECKED(
      note(changed_uidls(account_), habits.distrusts_uidls, remembered_.distrusts_uidls));
  remembered_ = habits;
  return {};
}

Status MaildropPass::remember_capa() {
  if (!manners_.capa_hangs) return {};
  store::ServerMemory memory(tools_.archive);
  MAILKEEP_TRY(known, memory.get(account_.settings.host, account_.settings.port, kCapaHangs));
  if (known) return {};
  return memory.remember(account_.settings.host, account_.settings.port, kCapaHangs, "yes");
}

}  // namespace mailkeep::fetcher
