// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/maildrop_sync.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "common/fault_point.h"
#include "common/log.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::Status;

namespace {

constexpr std::string_view kFolder = "INBOX";  // the one folder a POP3 account has
// Assumed for the window where LIST says nothing.
constexpr std::uint64_t kUnknownSize = 64U << 10U;
// Samples are retrieved in each pass; larger ones would cost more than they prove.
constexpr std::uint64_t kSampleBytes = 256U << 10U;

}  // namespace

Status MaildropSync::run(pop3::Session& session) {
  has_given_up_ = false;
  wants_another_ = false;
  in_hand_.reset();
  auto status = attempt(session);
  if (!status) {
    one_at_a_time_ = one_at_a_time_ || session.has_run_together();
    static_cast<void>(suspect(status.error()));  // a database that fails shows below
  }
  if (status && common::sabotage_wanted("delete-before-commit"))
    MAILKEEP_CHECKED(sabotage_deletion(session));
  if (auto sealed = seal_now(); !sealed) {
    rescue();
    return sealed;
  }
  return status ? finish(session) : status;
}

Status MaildropSync::attempt(pop3::Session& session) {
  MAILKEEP_TRY(epoch, tools_.ledger.open_epoch(account_, kFolder, 0));
  // Order: before the ledger is asked what is known. What was rescued may not be offered again.
  if (tools_.rescue != nullptr) MAILKEEP_CHECKED(tools_.rescue->seal_kept(tools_.ledger, epoch.id));
  writer_.emplace(tools_.sealer, epoch.id);
  last_session_ = std::exchange(this_session_, {});
  retrieved_.clear();
  doubt_.reset();
  MAILKEEP_TRY(listing, session.list());
  listing_ = std::move(listing);
  if (tools_.habits.changes_uidls) {
    for (pop3::Listed& message : listing_.messages) message.uidl = {};
  }
  MAILKEEP_CHECKED(record_claim(epoch.id));
  MAILKEEP_TRY(known, tools_.ledger.known_uidls(epoch.id));
  take_known(std::move(known));
  MAILKEEP_TRY(open, tools_.ledger.failed_uidls(epoch.id));
  open_ = std::move(open);
  Choice choice = choose();
  const bool shows_only_new = choice.trusted.empty();
  add_samples(choice);
  tools_.progress.update([&](Progress& progress) {
    progress.folder = kFolder;
    progress.expected += choice.wanted.size();
  });
  MAILKEEP_PHASE("fetch");
  MAILKEEP_CHECKED(fetch(session, choice.wanted));
  if (doubt_) MAILKEEP_CHECKED(look_twice(session, *std::exchange(doubt_, std::nullopt)));
  if (tools_.habits.distrusts_uidls)
    MAILKEEP_CHECKED(retrieve_all(session, std::move(choice.trusted)));
  return decide_on_another(shows_only_new, session.has_login_delay());
}

void MaildropSync::take_known(Known&& known) {
  known_ = std::move(known);
  contents_.clear();
  for (const auto& [uidl, digest] : known_) contents_.insert(digest);
  arrived_last_ = std::exchange(arrived_, 0);
}

// A maildrop that shows old and new ones shows all it has. If all UIDLs are new and no message is,
// they were given out anew, and another session tells whether that happens each time.
Status MaildropSync::decide_on_another(bool shows_only_new, bool has_login_delay) {
  const bool is_renamed = shows_only_new && arrived_ > 0 && this_session_.empty();
  MaildropHabits habits = tools_.habits;
  if (is_renamed && arrived_last_ > 0) {
    habits.changes_uidls = true;
    common::log(common::LogLevel::Warning, "fetch.pop3.changes_uidls",
                {{"detail", "each session has other UIDLs: all is retrieved in each pass"}});
    return remember(habits);
  }
  if (!is_renamed && hides_last_session()) {
    habits.hides_retrieved = true;
    habits.offers_part = habits.offers_part || !this_session_.empty();
    MAILKEEP_CHECKED(remember(habits));
  }
  const bool may_ask = !has_login_delay || habits.offers_part;
  const bool has_more = !this_session_.empty() && (shows_only_new || habits.offers_part);
  wants_another_ = may_ask && (has_more || is_renamed);
  return {};
}

// The mistake that the crash tests must catch: deleted first, committed later.
Status MaildropSync::sabotage_deletion(pop3::Session& session) const {
  std::vector<std::uint32_t> numbers;
  for (const pop3::Listed& message : listing_.messages) numbers.push_back(message.number);
  MAILKEEP_CHECKED(session.mark_deleted(numbers));
  MAILKEEP_CHECKED(session.quit());
  MAILKEEP_PHASE("delete");
  return {};
}

Status MaildropSync::finish(pop3::Session& session) {
  if (tools_.before_quit) MAILKEEP_CHECKED(tools_.before_quit(session, listing_, retrieved_));
  // Order: QUIT comes after the last message is sealed. To some servers it means that what was
  // retrieved may be marked, hidden or removed; to all, that what DELE named is deleted.
  const auto end = session.quit();
  // If we die here: the server has deleted what it was told to, and the next pass sees that it has.
  return tools_.after_quit ? tools_.after_quit(end && *end) : Status();
}

Status MaildropSync::seal_now() {
  if (writer_) MAILKEEP_CHECKED(writer_->flush());
  return tools_.sealer.drain();
}

Status MaildropSync::record_claim(store::EpochId epoch) const {
  store::Claim claim;
  claim.epoch = epoch;
  claim.exists = listing_.messages.size();
  // Blank ones where the server has none, so that the claim counts them all the same.
  claim.uidls.reserve(listing_.messages.size());
  for (const pop3::Listed& message : listing_.messages) claim.uidls.emplace_back(message.uidl);
  return tools_.ledger.record_claim(claim);
}

// The database failed. The server may never offer again what it has handed out.
void MaildropSync::rescue() {
  if (tools_.rescue == nullptr || !writer_) return;
  std::vector<store::Batch> batches = tools_.sealer.take_unsealed();
  batches.push_back(writer_->take());
  for (const store::Batch& batch : batches) {
    if (auto kept = tools_.rescue->keep(batch); !kept)
      common::log(common::LogLevel::Error, "fetch.rescue.failed", {{"error", kept.error().text}});
  }
}

MaildropSync::Choice MaildropSync::choose() const {
  const auto& messages = listing_.messages;
  // Equal UIDLs side by side, each in the server's order: no tables beside the listing.
  std::vector<std::uint32_t> order(messages.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(messages[a].uidl, a) < std::tie(messages[b].uidl, b);
  });
  Choice choice;
  std::vector<Wanted> last;
  for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
    const std::string_view uidl = messages[order[first]].uidl;
    for (end = first; end < order.size() && messages[order[end]].uidl == uidl;) ++end;
    const bool is_telling =
        !uidl.empty() && end - first == 1 && open_.count(std::string(uidl)) == 0;
    for (std::size_t i = first; i < end; ++i) {
      const Wanted message{order[i], static_cast<std::uint32_t>(i - first), is_telling};
      if (is_telling && is_known(uidl)) {
        choice.trusted.push_back(message);
      } else if (failed_.count(key_of(message)) == 0) {
        // What may have broken the last connection must not stand in the way of the others.
        (suspects_.count(key_of(message)) != 0 ? last : choice.wanted).push_back(message);
      }
    }
  }
  const auto by_place = [](const Wanted& a, const Wanted& b) { return a.index < b.index; };
  std::sort(choice.wanted.begin(), choice.wanted.end(), by_place);
  std::sort(choice.trusted.begin(), choice.trusted.end(), by_place);
  choice.wanted.insert(choice.wanted.end(), last.begin(), last.end());
  return choice;
}

// The last known one moves whenever a server that numbers its messages anew has lost an earlier
// one; the others are looked at one by one, pass after pass.
void MaildropSync::add_samples(Choice& choice) {
  const MaildropHabits& habits = tools_.habits;
  if (habits.alters_messages || habits.hides_retrieved || habits.distrusts_uidls) return;
  std::vector<std::size_t> small;
  for (std::size_t i = 0; i < choice.trusted.size(); ++i) {
    const Key key = key_of(choice.trusted[i]);
    if (suspects_.count(key) != 0 || this_pass_.count(key.first) != 0) continue;
    if (size_of(choice.trusted[i]) <= kSampleBytes) small.push_back(i);
  }
  if (small.empty()) return;
  const std::size_t any = small[tools_.turn % small.size()];
  std::vector<Wanted> samples = {choice.trusted[small.back()]};
  if (any != small.back()) samples.push_back(choice.trusted[any]);
  for (Wanted& sample : samples) sample.is_sample = true;
  choice.wanted.insert(choice.wanted.begin(), samples.begin(), samples.end());
}

// What the session before retrieved, and did not delete, was there then. Where is it now?
bool MaildropSync::hides_last_session() const {
  if (last_session_.empty() || tools_.before_quit) return false;
  std::set<std::string_view> listed;
  for (const pop3::Listed& message : listing_.messages) listed.insert(message.uidl);
  return std::any_of(last_session_.begin(), last_session_.end(),
                     [&](const auto& uidl) { return listed.count(uidl) == 0; });
}

Status MaildropSync::remember(const MaildropHabits& habits) {
  if (habits == tools_.habits) return {};
  tools_.habits = habits;
  return tools_.remember ? tools_.remember(habits) : Status();
}

Status MaildropSync::fetch(pop3::Session& session, const std::vector<Wanted>& wanted) {
  std::size_t sent = 0;
  std::uint64_t bytes = 0;  // asked for and not come yet, as far as LIST can be trusted
  for (std::size_t next = 0; next < wanted.size(); ++next) {
    // Order: the next commands are on their way before what they follow is sealed.
    if (sent == next || bytes <= pop3::kBytesAhead / 2) {
      Status status;
      sent = send(session, wanted, sent, bytes, status);
      MAILKEEP_CHECKED(status);
    }
    MAILKEEP_CHECKED(take(session, wanted[next]));
    bytes -= size_of(wanted[next]);
    // Order: sealed before the next one is asked for, where the server will not offer it again.
    if (tools_.habits.hides_retrieved) MAILKEEP_CHECKED(seal_now());
  }
  return {};
}

// Sends as many RETR as fit into the window, at least one; returns how many were sent in all.
std::size_t MaildropSync::send(pop3::Session& session, const std::vector<Wanted>& wanted,
                               std::size_t from, std::uint64_t& bytes, Status& status) const {
  const bool is_single = !session.can_pipeline() || one_at_a_time_ || tools_.habits.hides_retrieved;
  const std::size_t most = is_single ? 1 : pop3::kCommandsAhead;
  std::vector<std::uint32_t> numbers;
  while (from < wanted.size() && numbers.size() < most &&
         (bytes == 0 || (!is_single && bytes + size_of(wanted[from]) <= pop3::kBytesAhead))) {
    numbers.push_back(listing_.messages[wanted[from].index].number);
    bytes += size_of(wanted[from++]);
  }
  if (!numbers.empty()) status = session.send_retr(numbers);
  return from;
}

Status MaildropSync::take(pop3::Session& session, const Wanted& wanted) {
  const pop3::Listed& listed = listing_.messages[wanted.index];
  in_hand_ = key_of(wanted);
  MAILKEEP_TRY(body, session.read_retr());
  in_hand_.reset();
  // A known message that is refused now is archived all the same.
  if (!body && wanted.is_sample) return {};
  if (!body) return fail(key_of(wanted), store::kReasonRefused);
  const common::Digest digest = body->digest();
  if (tools_.before_quit) retrieved_.emplace(listed.number, digest);
  const bool is_new = known_.count({std::string(listed.uidl), digest}) == 0;
  if (is_new && wanted.is_sample) {
    // Order: not archived before it was looked at twice and the doubt is remembered: once known, it
    // would match in the next pass and give the server away no more.
    doubt_ = Doubt{wanted, digest};
    return {};
  }
  if (!is_new && open_.count(std::string(listed.uidl)) == 0) return {};
  known_.emplace(listed.uidl, digest);
  if (is_new && wanted.is_telling) ++arrived_;
  if (contents_.insert(digest).second && wanted.is_telling) {
    this_session_.emplace(listed.uidl);
    this_pass_.emplace(listed.uidl);
  }
  store::Arrival arrival;
  arrival.uidl = listed.uidl;
  arrival.body = std::move(*body);
  arrival.announced_size = listed.size;
  return writer_->add(std::move(arrival));
}

// A known UIDL has other bytes: the server may have given out its UIDLs anew, so that known ones
// hide new messages. Only one whose bytes are the same twice can be compared with anything.
Status MaildropSync::look_twice(pop3::Session& session, const Doubt& doubt) {
  const std::string uidl(listing_.messages[doubt.message.index].uidl);
  MAILKEEP_CHECKED(fetch(session, {doubt.message}));
  const auto again = std::exchange(doubt_, std::nullopt);
  const bool is_stable = again && again->digest == doubt.digest;
  MaildropHabits habits = tools_.habits;
  (is_stable ? habits.distrusts_uidls : habits.alters_messages) = true;
  common::log(common::LogLevel::Warning,
              is_stable ? "fetch.uidl.changed" : "fetch.pop3.alters_messages",
              {{"uidl", uidl},
               {"detail", is_stable ? "a known UIDL has other bytes: all are retrieved"
                                    : "the same message comes with other bytes each time"}});
  return remember(habits);
}

Status MaildropSync::retrieve_all(pop3::Session& session, std::vector<Wanted> trusted) {
  trusted.erase(std::remove_if(trusted.begin(), trusted.end(),
                               [&](const Wanted& m) { return failed_.count(key_of(m)) != 0; }),
                trusted.end());
  tools_.progress.update([&](Progress& progress) { progress.expected += trusted.size(); });
  MAILKEEP_CHECKED(fetch(session, trusted));
  // Order: all is sealed before it is forgotten that it had to be.
  MAILKEEP_CHECKED(seal_now());
  MaildropHabits habits = tools_.habits;
  habits.distrusts_uidls = false;
  return remember(habits);
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

std::uint64_t MaildropSync::size_of(const Wanted& wanted) const {
  const auto size = listing_.messages[wanted.index].size.value_or(kUnknownSize);
  return std::clamp<std::uint64_t>(size, 1, pop3::kBytesAhead);
}

MaildropSync::Key MaildropSync::key_of(const Wanted& wanted) const {
  return {std::string(listing_.messages[wanted.index].uidl), wanted.nth};
}

bool MaildropSync::is_known(std::string_view uidl) const {
  const auto known = known_.lower_bound({std::string(uidl), common::Digest()});
  return known != known_.end() && known->first == uidl;
}

}  // namespace mailkeep::fetcher
