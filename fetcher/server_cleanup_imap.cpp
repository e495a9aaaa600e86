// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>
#include <utility>

#include "common/fault_point.h"
#include "common/log.h"
#include "common/printable.h"
#include "fetcher/server_cleanup.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::Result;
using common::Status;
using store::DeletionState;
using store::Sighted;
using store::UidSet;

Status ServerCleanup::clean_folder(imap::Session& session, const store::Epoch& epoch) {
  // Without UIDVALIDITY a UID says nothing of the next session.
  if (!is_wanted() || epoch.uidvalidity == 0 || !refusal_.empty()) return {};
  MAILKEEP_TRY(before, ledger_.deletions(epoch.id));
  MAILKEEP_TRY(claimed, ledger_.claimed_uids(epoch.id));
  const UidSet archived = claimed.intersection(epoch.covered).without(before.done);
  bool has_work = !before.intended.empty();
  if (!has_work && !archived.empty()) {
    MAILKEEP_CHECKED(each_old(epoch.id, [&](std::vector<Sighted>&& page) -> Status {
      for (const Sighted& message : page) has_work = has_work || archived.contains(message.uid);
      return {};
    }));
  }
  if (!has_work) return {};
  auto mailbox = session.select_for_deletion(epoch.folder);
  if (!mailbox) {
    const ErrorKind kind = mailbox.error().kind;
    const bool is_refusal =
        kind == ErrorKind::Config || kind == ErrorKind::Conflict || kind == ErrorKind::NotFound;
    if (!is_refusal) return tl::unexpected(std::move(mailbox).error());
    refuse(mailbox.error().text);
    return {};
  }
  // In this very session: a UID under another UIDVALIDITY is another message.
  Status status;
  if (mailbox->uidvalidity == epoch.uidvalidity) status = clean_open_folder(session, epoch, before);
  MAILKEEP_CHECKED(status);
  return session.unselect();
}

Status ServerCleanup::clean_open_folder(imap::Session& session, const store::Epoch& epoch,
                                        const store::Deletions& before) {
  MAILKEEP_PHASE("delete");
  MAILKEEP_TRY(listed, session.all_uids());
  const UidSet gone = before.intended.without(listed);
  if (!gone.empty())
    MAILKEEP_CHECKED(record(epoch.id, DeletionState::Done, gone, "the server no longer offers it"));
  return each_old(epoch.id, [&](std::vector<Sighted>&& page) -> Status {
    if (!refusal_.empty()) return {};
    std::vector<Sighted> wanted;
    for (Sighted& message : page) {
      const bool is_there = listed.contains(message.uid) && !before.done.contains(message.uid);
      if (is_there) wanted.push_back(std::move(message));
    }
    if (wanted.empty()) return {};
    MAILKEEP_TRY(same, still_there(session, std::move(wanted)));
    MAILKEEP_TRY(proven, proof_.proven(std::move(same)));
    if (!proof_.objection().empty()) refuse(proof_.objection());
    return proven.empty() ? Status() : expunge(session, epoch.id, proven);
  });
}

// Size and INTERNALDATE as they were announced when the message was archived, under the same
// UIDVALIDITY: what a server says of a message may be wrong, but it must be as wrong as before.
Result<std::vector<Sighted>> ServerCleanup::still_there(imap::Session& session,
                                                        std::vector<Sighted>&& messages) const {
  UidSet uids;
  for (const Sighted& message : messages) uids.add(message.uid);
  MAILKEEP_TRY(samples, session.samples(uids));
  std::map<store::Uid, const imap::Sample*> by_uid;
  for (const imap::Sample& sample : samples) by_uid.emplace(sample.uid, &sample);
  std::vector<Sighted> same;
  for (Sighted& message : messages) {
    const auto now = by_uid.find(message.uid);
    if (now == by_uid.end()) continue;
    const imap::Sample& sample = *now->second;
    const bool is_same = sample.size && message.announced_size == sample.size &&
                         message.internal_date == sample.internal_date;
    if (is_same) {
      same.push_back(std::move(message));
      continue;
    }
    common::log(common::LogLevel::Warning, "delete.other_bytes",
                {{"uid", std::to_string(message.uid)},
                 {"detail", "size or date on the server is not what was archived: not deleted"}});
  }
  return same;
}

Status ServerCleanup::expunge(imap::Session& session, store::EpochId epoch,
                              const std::vector<Sighted>& messages) {
  UidSet uids;
  for (const Sighted& message : messages) uids.add(message.uid);
  // Order: the intention is in the log before the first command.
  MAILKEEP_CHECKED(record(epoch, DeletionState::Intended, uids, rule()));
  MAILKEEP_PHASE("delete");
  // If we die here, or in between: the next pass looks what the server still lists.
  MAILKEEP_CHECKED(session.mark_deleted(uids));
  MAILKEEP_TRY(expunged, session.uid_expunge(uids));
  const UidSet done = expunged.intersection(uids);
  if (!done.empty())
    MAILKEEP_CHECKED(record(epoch, DeletionState::Done, done, "the server no longer lists it"));
  deleted_ += done.size();
  const UidSet left = uids.without(done);
  if (left.empty()) return {};
  return record(epoch, DeletionState::Failed, left, "the server kept it after UID EXPUNGE");
}

}  // namespace mailkeep::fetcher
