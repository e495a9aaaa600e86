// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/maildrop_sync.h"

#include <algorithm>

#include "common/fault_point.h"
#include "common/log.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::Status;

namespace {

constexpr std::string_view kFolder = "INBOX";  // the one folder a POP3 account has
constexpr std::uint64_t kUnknownSize = 64U
                                       << 10U;  // assumed for the window where LIST says nothing

}  // namespace

Status MaildropSync::run(pop3::Session& session) {
  has_given_up_ = false;
  in_hand_.reset();
  auto status = attempt(session);
  if (!status) MAILKEEP_CHECKED(suspect(status.error()));
  if (writer_) MAILKEEP_CHECKED(writer_->flush());
  MAILKEEP_CHECKED(tools_.sealer.drain());
  // Order: QUIT comes after the last message is sealed. To some servers it means that what was
  // retrieved may be marked, hidden or removed.
  if (status) session.quit();
  return status;
}

Status MaildropSync::attempt(pop3::Session& session) {
  MAILKEEP_TRY(epoch, tools_.ledger.open_epoch(account_, kFolder, 0));
  writer_.emplace(tools_.sealer, epoch.id);
  MAILKEEP_TRY(listing, session.list());
  MAILKEEP_CHECKED(record_claim(epoch.id, listing));
  MAILKEEP_TRY(known, tools_.ledger.known_uidls(epoch.id));
  known_ = std::move(known);
  const std::vector<Wanted> wanted = choose(listing);
  tools_.progress.update([&](Progress& progress) {
    progress.folder = kFolder;
    progress.expected += wanted.size();
  });
  MAILKEEP_PHASE("fetch");
  return fetch(session, wanted);
}

Status MaildropSync::record_claim(store::EpochId epoch, const pop3::Listing& listing) {
  store::Claim claim;
  claim.epoch = epoch;
  claim.exists = listing.messages.size();
  if (listing.has_uidls) {
    for (const pop3::Listed& message : listing.messages) claim.uidls.push_back(message.uidl);
  }
  return tools_.ledger.record_claim(claim);
}

std::vector<MaildropSync::Wanted> MaildropSync::choose(const pop3::Listing& listing) const {
  std::map<std::string_view, std::uint32_t> counts;
  for (const pop3::Listed& message : listing.messages) ++counts[message.uidl];
  std::map<std::string_view, std::uint32_t> met;
  std::vector<Wanted> wanted;
  std::vector<Wanted> last;
  for (const pop3::Listed& message : listing.messages) {
    const Key key(message.uidl, met[message.uidl]++);
    const auto known = known_.lower_bound({message.uidl, common::Digest()});
    const bool is_known = known != known_.end() && known->first == message.uidl;
    const bool is_telling = !message.uidl.empty() && counts[message.uidl] == 1;
    if ((is_known && is_telling) || failed_.count(key) != 0) continue;
    // What may have broken the last connection must not stand in the way of the others.
    (suspects_.count(key) != 0 ? last : wanted).push_back({key, message});
  }
  wanted.insert(wanted.end(), last.begin(), last.end());
  return wanted;
}

Status MaildropSync::fetch(pop3::Session& session, const std::vector<Wanted>& wanted) {
  const std::size_t ahead = session.can_pipeline() ? pop3::kMessagesAhead : 1;
  std::size_t sent = 0;
  std::uint64_t bytes = 0;  // asked for and not come yet, as far as LIST can be trusted
  const auto size_of = [](const Wanted& message) {
    return std::min(message.listed.size.value_or(kUnknownSize), pop3::kBytesAhead);
  };
  for (std::size_t next = 0; next < wanted.size(); ++next) {
    // Order: the next commands are on their way before what they follow is sealed.
    while (sent < wanted.size() && sent - next < ahead &&
           (sent == next || bytes + size_of(wanted[sent]) <= pop3::kBytesAhead)) {
      MAILKEEP_CHECKED(session.send_retr(wanted[sent].listed.number));
      bytes += size_of(wanted[sent++]);
    }
    MAILKEEP_CHECKED(take(session, wanted[next]));
    bytes -= size_of(wanted[next]);
  }
  return {};
}

Status MaildropSync::take(pop3::Session& session, const Wanted& wanted) {
  in_hand_ = wanted.key;
  MAILKEEP_TRY(body, session.read_retr());
  in_hand_.reset();
  if (!body) return fail(wanted.key, store::kReasonRefused);
  if (!known_.emplace(wanted.listed.uidl, body->digest()).second) return {};
  store::Arrival arrival;
  arrival.uidl = wanted.listed.uidl;
  arrival.body = std::move(*body);
  arrival.announced_size = wanted.listed.size;
  return writer_->add(std::move(arrival));
}

Status MaildropSync::fail(const Key& key, std::string_view reason) {
  common::log(common::LogLevel::Warning, "fetch.message.failed",
              {{"uidl", key.first}, {"reason", reason}});
  failed_.insert(key);
  return writer_->add(store::Outcome{store::UidState::Failed, std::string(reason), {}, key.first});
}

// The first time it may have been the line. The second time it is the message.
Status MaildropSync::suspect(const common::Error& error) {
  const bool is_too_large = error.kind == ErrorKind::Limit;
  const bool is_cut = error.kind == ErrorKind::Network || error.kind == ErrorKind::Protocol;
  if (!in_hand_ || (!is_cut && !is_too_large)) return {};
  if (is_cut && suspects_.insert(*in_hand_).second) return {};
  has_given_up_ = true;
  return fail(*in_hand_, is_too_large ? store::kReasonTooLarge : store::kReasonCut);
}

}  // namespace mailkeep::fetcher
