// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/server_cleanup.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/fault_point.h"
#include "common/log.h"
#include "common/printable.h"

namespace mailkeep::fetcher {

using common::Result;
using common::Status;
using store::DeletionState;
using store::Sighted;

namespace {

constexpr std::size_t kPage = 500;  // messages that are proven and deleted together
constexpr common::Micros kDay = 86'400'000'000;
constexpr std::string_view kGoneSince = "the server no longer offers it";

std::vector<std::string> uidls_of(const std::vector<Sighted>& messages) {
  std::set<std::string> uidls;
  for (const Sighted& message : messages) uidls.insert(message.uidl);
  return {uidls.begin(), uidls.end()};
}

}  // namespace

ServerCleanup::ServerCleanup(store::Archive& archive, store::Ledger& ledger, store::Lease& lease,
                             const store::Account& account)
    : archive_(archive), ledger_(ledger), account_(account), proof_(archive, lease, account.id) {}

common::Micros ServerCleanup::until() const {
  const common::Micros days = account_.settings.delete_after_days.value_or(0);
  return archive_.clock().now() - days * kDay;
}

std::string ServerCleanup::rule() const {
  return fmt::format("archived {} days ago or earlier",
                     account_.settings.delete_after_days.value_or(0));
}

void ServerCleanup::refuse(const std::string& why) {
  if (!refusal_.empty()) return;
  refusal_ = "nothing was deleted on the server: " + why;
  common::log(common::LogLevel::Warning, "delete.refused",
              {{"account", account_.settings.name}, {"reason", why}});
}

Status ServerCleanup::each_old(store::EpochId epoch,
                               const std::function<Status(std::vector<Sighted>&&)>& visit) const {
  const common::Micros end = until();
  std::optional<store::LogPosition> after;
  for (;;) {
    MAILKEEP_TRY(page, ledger_.sighted(epoch, end, after, kPage));
    if (page.empty()) return {};
    after = page.back().position;
    MAILKEEP_CHECKED(visit(std::move(page)));
  }
}

Status ServerCleanup::before_quit(pop3::Session& session, const pop3::Listing& listing,
                                  const MaildropSync::Retrieved& retrieved) {
  marked_.clear();
  if (!is_wanted()) return {};
  MAILKEEP_TRY(epochs, ledger_.epochs(account_.id));
  if (epochs.empty()) return {};
  maildrop_ = epochs.back().id;
  Places places;
  std::set<std::string_view> repeated;
  for (const pop3::Listed& message : listing.messages) {
    const Place place{message.number, message.size.value_or(0)};
    if (!places.emplace(message.uidl, place).second) repeated.insert(message.uidl);
  }
  MAILKEEP_CHECKED(settle(maildrop_, places));
  // What shares its UIDL with another, or has none, cannot be told from the others in the records.
  for (const std::string_view uidl : repeated) places.erase(uidl);
  places.erase(std::string_view());
  if (places.empty()) return {};
  MAILKEEP_PHASE("delete");
  MaildropSync::Retrieved seen = retrieved;
  return each_old(maildrop_, [&](std::vector<Sighted>&& page) -> Status {
    if (!refusal_.empty()) return {};
    MAILKEEP_TRY(there, still_there(session, std::move(page), places, seen));
    if (there.empty()) return {};
    MAILKEEP_TRY(proven, proof_.proven(std::move(there)));
    if (!proof_.objection().empty()) refuse(proof_.objection());
    return proven.empty() ? Status() : mark(session, proven, places);
  });
}

// What was to be deleted and is no longer offered: the server did it and the answer was lost.
Status ServerCleanup::settle(store::EpochId epoch, const Places& places) {
  MAILKEEP_TRY(deletions, ledger_.deletions(epoch));
  std::vector<std::string> gone;
  for (const std::string& uidl : deletions.intended_uidls) {
    if (places.count(uidl) == 0) gone.push_back(uidl);
  }
  return gone.empty() ? Status() : record(DeletionState::Done, gone, std::string(kGoneSince));
}

// A UIDL is only a hint: the bytes under the number must be those in the archive, retrieved in this
// very session.
Result<std::vector<Sighted>> ServerCleanup::still_there(pop3::Session& session,
                                                        std::vector<Sighted>&& messages,
                                                        const Places& places,
                                                        MaildropSync::Retrieved& retrieved) {
  std::vector<Place> unseen;
  std::vector<std::pair<Place, Sighted>> listed;
  std::set<std::uint32_t> asked;
  for (Sighted& message : messages) {
    const auto place = places.find(message.uidl);
    if (place == places.end()) continue;
    const std::uint32_t number = place->second.number;
    const bool is_unseen = retrieved.count(number) == 0 && asked.insert(number).second;
    if (is_unseen) unseen.push_back(place->second);
    listed.emplace_back(place->second, std::move(message));
  }
  MAILKEEP_CHECKED(retrieve(session, unseen, retrieved));
  MAILKEEP_TRY(known, ledger_.known_uidls(maildrop_));
  std::vector<Sighted> same;
  for (auto& [place, message] : listed) {
    const auto now = retrieved.find(place.number);
    if (now == retrieved.end()) continue;  // refused
    if (now->second == message.content) {
      same.push_back(std::move(message));
    } else if (known.count({message.uidl, now->second}) == 0) {
      has_met_stranger_ = true;
      common::log(common::LogLevel::Warning, "delete.other_bytes",
                  {{"uidl", common::printable(message.uidl)},
                   {"detail", "the server has other bytes than the archive: not deleted"}});
    }
  }
  return same;
}

Status ServerCleanup::retrieve(pop3::Session& session, const std::vector<Place>& places,
                               MaildropSync::Retrieved& retrieved) const {
  const std::size_t most = session.can_pipeline() ? kPage : 1;
  std::size_t sent = 0;
  std::uint64_t bytes = 0;
  for (std::size_t next = 0; next < places.size(); ++next) {
    std::vector<std::uint32_t> numbers;
    while (sent < places.size() && sent - next < most &&
           (sent == next || bytes + places[sent].size <= pop3::kBytesAhead)) {
      numbers.push_back(places[sent].number);
      bytes += std::min(places[sent++].size, pop3::kBytesAhead);
    }
    if (!numbers.empty()) MAILKEEP_CHECKED(session.send_retr(numbers));
    MAILKEEP_TRY(body, session.read_retr());
    if (body) retrieved.emplace(places[next].number, body->digest());
    bytes -= std::min(places[next].size, pop3::kBytesAhead);
  }
  return {};
}

Status ServerCleanup::mark(pop3::Session& session, const std::vector<Sighted>& messages,
                           const Places& places) {
  const std::vector<std::string> uidls = uidls_of(messages);
  std::map<std::uint32_t, std::string> by_number;
  for (const std::string& uidl : uidls) by_number.emplace(places.at(uidl).number, uidl);
  std::vector<std::uint32_t> numbers;
  numbers.reserve(by_number.size());
  for (const auto& [number, uidl] : by_number) numbers.push_back(number);
  // Order: the intention is in the log before the first command.
  MAILKEEP_CHECKED(record(DeletionState::Intended, uidls, rule()));
  MAILKEEP_PHASE("delete");
  // If we die here: without QUIT nothing is deleted, and the next pass finds it listed still.
  MAILKEEP_TRY(agreed, session.mark_deleted(numbers));
  for (const std::uint32_t number : agreed) {
    const auto node = by_number.extract(number);
    if (node) marked_.push_back(node.mapped());
  }
  std::vector<std::string> refused;
  refused.reserve(by_number.size());
  for (const auto& [number, uidl] : by_number) refused.push_back(uidl);
  if (refused.empty()) return {};
  return record(DeletionState::Failed, refused, "the server refused DELE");
}

Status ServerCleanup::after_quit(bool is_done) {
  if (marked_.empty()) return {};
  const std::vector<std::string> uidls = std::exchange(marked_, {});
  if (!is_done) {
    // Whether the server took it is seen in the next pass: what is intended and gone was deleted.
    refuse("the server did not confirm it; the next pass looks what was done");
    return {};
  }
  MAILKEEP_CHECKED(record(DeletionState::Done, uidls, "the server confirmed QUIT"));
  deleted_ += uidls.size();
  return {};
}

Status ServerCleanup::record(DeletionState state, const std::vector<std::string>& uidls,
                             std::string detail) {
  return ledger_.record_deletion({maildrop_, state, {}, uidls, std::move(detail)});
}

Status ServerCleanup::record(store::EpochId epoch, DeletionState state, const store::UidSet& uids,
                             std::string detail) {
  return ledger_.record_deletion({epoch, state, uids, {}, std::move(detail)});
}

}  // namespace mailkeep::fetcher
