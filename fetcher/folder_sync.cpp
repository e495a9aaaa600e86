// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/folder_sync.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/fault_point.h"
#include "common/log.h"
#include "common/printable.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::Status;
using imap::MessageFetch;
using store::UidSet;

namespace {

// The folder is to blame, not the account, the line or the store.
bool is_folders_fault(ErrorKind kind) {
  return kind == ErrorKind::NotFound || kind == ErrorKind::Protocol || kind == ErrorKind::Limit ||
         kind == ErrorKind::Config;
}

constexpr std::size_t kMessagesAfterACut = 50;

// Where providers are known to stop showing a folder's messages: Gmail by a setting, Yahoo always.
constexpr std::array<std::uint64_t, 4> kCeilings{1'000, 2'000, 5'000, 10'000};

void suspect_ceiling(std::string_view folder, std::uint64_t listed) {
  if (std::find(kCeilings.begin(), kCeilings.end(), listed) == kCeilings.end()) return;
  common::log(common::LogLevel::Warning, "fetch.folder.ceiling",
              {{"folder", folder},
               {"listed", listed},
               {"advice",
                "there may be more: Gmail has a limit of messages for each folder in its IMAP "
                "settings, Yahoo shows the rest at export.imap.mail.yahoo.com"}});
}

std::string_view trouble_reason(ErrorKind kind) {
  const bool is_closed = kind == ErrorKind::NotFound || kind == ErrorKind::Config;
  return is_closed ? store::kReasonFolder : store::kReasonBroken;
}

}  // namespace

common::Result<FolderEnd> FolderSync::run(imap::Session& session) {
  has_given_up_ = false;
  auto status = attempt(session);
  // Exchange hangs up on a FETCH that is too much for it, without a word of how much would not be.
  if (!status && session.is_broken()) per_command_ = kMessagesAfterACut;
  if (!status && session.is_broken() && session.uid_in_hand()) {
    MAILKEEP_CHECKED(suspect(*session.uid_in_hand(), status.error()));
  }
  // What arrived whole before the trouble is as good as any other: a cut costs one message, not
  // 500.
  MAILKEEP_CHECKED(keep_what_arrived());
  FolderEnd end{failed_.size(), std::nullopt};
  if (status) return end;
  if (session.is_broken() || !is_folders_fault(status.error().kind)) {
    return tl::unexpected(std::move(status).error());
  }
  end.trouble = store::FolderTrouble{folder_, std::string(trouble_reason(status.error().kind)),
                                     status.error().text};
  return end;
}

Status FolderSync::attempt(imap::Session& session) {
  MAILKEEP_CHECKED(open(session));
  MAILKEEP_TRY(server, session.all_uids());
  suspect_ceiling(folder_, session.mailbox().exists);
  MAILKEEP_CHECKED(record_claim(server, session.mailbox()));
  // If we die here: the claim stands, and the report shows as pending what is missing.
  const UidSet missing = server.without(epoch_->covered);
  if (!tools_.rules.includes(folder_)) return exclude(missing);
  return fetch(session, missing.without(failed_));
}

Status FolderSync::open(imap::Session& session) {
  MAILKEEP_TRY(mailbox, session.examine(folder_));
  MAILKEEP_TRY(epoch, tools_.ledger.open_epoch(account_, folder_, mailbox.uidvalidity));
  if (epoch_ &&
      epoch_->id != epoch.id) {  // other UIDs, other messages: what we knew is of the past
    suspects_ = {};
    failed_ = {};
  }
  writer_.emplace(tools_.sealer, epoch.id);
  epoch_ = std::move(epoch);
  return {};
}

Status FolderSync::record_claim(const UidSet& uids, const imap::Mailbox& mailbox) {
  store::Claim claim;
  claim.epoch = epoch_->id;
  claim.uids = uids;
  claim.exists = mailbox.exists;
  claim.uidnext = mailbox.uidnext;
  claim.highestmodseq = mailbox.highestmodseq;
  return tools_.ledger.record_claim(claim);
}

Status FolderSync::exclude(const UidSet& missing) {
  if (missing.empty()) return {};
  return writer_->add(store::Outcome{store::UidState::Excluded, "folder-excluded", missing, {}});
}

Status FolderSync::fetch(imap::Session& session, const UidSet& missing) {
  tools_.progress.update([&](Progress& progress) {
    progress.folder = folder_;
    progress.expected += missing.size();
  });
  if (missing.empty()) return {};
  MAILKEEP_PHASE("fetch");
  MessageFetch fetch(session, *writer_);
  auto status = fetch.run(missing.without(suspects_), per_command_);
  if (status) status = fetch.run(missing.intersection(suspects_), 1);
  // Order: what was decided is written down, even if the line broke over the rest.
  MAILKEEP_CHECKED(record_failed(fetch));
  MAILKEEP_CHECKED(status);
  return fetch.omitted().empty() ? Status() : ask_again(session, fetch.omitted());
}

Status FolderSync::record_failed(const MessageFetch& fetch) {
  MAILKEEP_CHECKED(fail(fetch.refused(), store::kReasonRefused));
  MAILKEEP_CHECKED(fail(fetch.too_large(), store::kReasonTooLarge));
  return fail(fetch.placeholders(), store::kReasonPlaceholder);
}

// Silence about a UID is no proof of anything: servers leave some out of the answer to a range and
// give them when asked for one by one.
Status FolderSync::ask_again(imap::Session& session, const UidSet& omitted) {
  MessageFetch fetch(session, *writer_);
  auto status = fetch.run(omitted, 1);
  MAILKEEP_CHECKED(record_failed(fetch));
  MAILKEEP_CHECKED(status);
  if (fetch.omitted().empty()) return {};
  return record_vanished_or_failed(session, fetch.omitted());
}

Status FolderSync::record_vanished_or_failed(imap::Session& session, const UidSet& omitted) {
  MAILKEEP_TRY(now, session.all_uids());
  // Vanished is for ever, so it takes a list that agrees with the server's own count.
  const bool is_whole = now.size() == session.mailbox().exists;
  const UidSet gone = is_whole ? omitted.without(now) : UidSet();
  if (!gone.empty()) {
    // Order: the newer claim comes first, so that the report is never measured against a list that
    // holds what has vanished. The ledger is the sealer's until it is drained.
    MAILKEEP_CHECKED(keep_what_arrived());
    MAILKEEP_CHECKED(record_claim(now, session.mailbox()));
    MAILKEEP_CHECKED(writer_->add(store::Outcome{store::UidState::Vanished, "gone", gone, {}}));
  }
  return fail(omitted.without(gone), store::kReasonNoData);
}

Status FolderSync::fail(const UidSet& uids, std::string_view reason) {
  if (uids.empty()) return {};
  common::log(common::LogLevel::Warning, "fetch.message.failed",
              {{"folder", folder_}, {"uids", uids.to_string()}, {"reason", reason}});
  failed_.add(uids);
  return writer_->add(store::Outcome{store::UidState::Failed, std::string(reason), uids, {}});
}

Status FolderSync::keep_what_arrived() {
  if (writer_) MAILKEEP_CHECKED(writer_->flush());
  return tools_.sealer.drain();
}

// The first time it may have been the line. The second time it is the message, and it must not
// stand in the way of the others.
Status FolderSync::suspect(store::Uid uid, const common::Error& error) {
  const bool is_too_large = error.kind == ErrorKind::Limit;
  if (error.kind != ErrorKind::Network && error.kind != ErrorKind::Protocol && !is_too_large) {
    return {};
  }
  UidSet one;
  one.add(uid);
  if (!is_too_large && !suspects_.contains(uid)) {
    suspects_.add(one);
    return {};
  }
  has_given_up_ = true;
  return fail(one, is_too_large ? store::kReasonTooLarge : store::kReasonCut);
}

}  // namespace mailkeep::fetcher
