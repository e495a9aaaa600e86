// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "common/check.h"
#include "common/printable.h"
#include "fetcher/imap/fetch_response.h"
#include "fetcher/imap/login.h"
#include "fetcher/imap/session.h"
#include "fetcher/imap/uid_chunks.h"

namespace mailkeep::fetcher::imap {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

Status refused(std::string_view what, const StatusLine& answer) {
  return common::fail(ErrorKind::Protocol, "the server refuses {}: {}", what, said(answer));
}

}  // namespace

Result<std::vector<Sample>> Session::samples(const store::UidSet& uids) {
  std::vector<Sample> found;
  const auto collect = [&](Response& response) -> Status {
    if (response.name != "FETCH") return {};
    FetchItems items = parse_fetch(response.tokens);
    // News of flags have neither.
    if (items.uid && uids.contains(*items.uid) && items.announced_size)
      found.push_back({*items.uid, items.announced_size, std::move(items.internal_date)});
    return {};
  };
  UidChunks chunks(uids);
  while (!chunks.empty()) {
    auto command = connection_->command("UID FETCH ");
    command.text(chunks.next(kMessagesPerFetch, kCommandLineBytes).to_string())
        .text(" (UID INTERNALDATE RFC822.SIZE)");
    MAILKEEP_TRY(answer, run(command, collect));
    if (answer.condition != Condition::Ok)
      return tl::unexpected(refused("UID FETCH", answer).error());
  }
  return found;
}

Result<Mailbox> Session::select_for_deletion(std::string_view folder) {
  MAILKEEP_CHECK(fetch_tags_.empty());
  if (!connection_->offers("UIDPLUS"))
    return common::fail(ErrorKind::Config,
                        "the server has no UIDPLUS, without which what other programs have marked "
                        "would be removed as well");
  mailbox_ = {};
  selected_.clear();
  auto command = connection_->command("SELECT ");
  MAILKEEP_CHECKED(command.string(folder));
  MAILKEEP_TRY(answer, run(command));
  if (answer.condition != Condition::Ok)
    return common::fail(ErrorKind::NotFound, "the server does not open the folder {}: {}",
                        common::printable(folder), said(answer));
  selected_ = folder;
  if (answer.code == "READ-ONLY")
    return common::fail(ErrorKind::Conflict, "the folder {} is read-only",
                        common::printable(folder));
  return mailbox_;
}

Status Session::mark_deleted(const store::UidSet& uids) {
  UidChunks chunks(uids);
  while (!chunks.empty()) {
    auto command = connection_->command("UID STORE ");
    command.text(chunks.next(kMessagesPerFetch, kCommandLineBytes).to_string())
        .text(" +FLAGS.SILENT (\\Deleted \\Seen)");
    MAILKEEP_TRY(answer, run(command));
    if (answer.condition != Condition::Ok) return refused("to mark messages", answer);
  }
  return {};
}

Result<store::UidSet> Session::uid_expunge(const store::UidSet& uids) {
  UidChunks chunks(uids);
  while (!chunks.empty()) {
    auto command = connection_->command("UID EXPUNGE ");
    command.text(chunks.next(kMessagesPerFetch, kCommandLineBytes).to_string());
    MAILKEEP_TRY(answer, run(command));
    if (answer.condition != Condition::Ok)
      return tl::unexpected(refused("UID EXPUNGE", answer).error());
  }
  MAILKEEP_TRY(left, all_uids());
  return uids.without(left);
}

Status Session::unselect() {
  if (selected_.empty()) return {};
  const std::string folder = std::exchange(selected_, {});
  if (connection_->offers("UNSELECT")) {
    MAILKEEP_TRY(answer, run(connection_->command("UNSELECT")));
    if (answer.condition == Condition::Ok) return {};
  }
  return examine(folder).map([](const Mailbox&) {});
}

}  // namespace mailkeep::fetcher::imap
