// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "api/reply/address.h"
#include "api/reply/delivery.h"
#include "api/reply/header_writer.h"
#include "api/reply/smtp_account.h"
#include "api/reply/smtp_session.h"
#include "common/fault_point.h"
#include "common/log.h"
#include "common/printable.h"
#include "store/accounts.h"
#include "store/contents.h"

namespace mailkeep::reply {

using common::ErrorKind;
using common::Result;
using common::Status;
using store::DeliveryState;

namespace {

constexpr std::uint64_t kMaxMessageBytes = 64ULL << 20U;
constexpr std::size_t kMaxDetail = 500;
// While one recipient of several is put off, all wait so often; then those who are accepted do not
// wait any longer.
constexpr std::uint32_t kWaitsForAll = 3;

// Attempts that were put off since the item was queued, or since a person asked for it anew.
struct History {
  std::uint32_t deferred = 0;
  common::Micros since = 0;
};

History history_of(const store::OutboxItem& item) {
  History history{0, item.submitted};
  for (const store::Delivery& one : item.deliveries) {
    if (one.state == DeliveryState::Deferred) ++history.deferred;
    if (one.state == DeliveryState::Resend) history = {0, one.time};
  }
  return history;
}

// What cannot be mended by waiting. An untrusted certificate can: its operator renews it.
bool is_final(ErrorKind kind) {
  return kind == ErrorKind::Auth || kind == ErrorKind::Config || kind == ErrorKind::Limit ||
         kind == ErrorKind::Malformed || kind == ErrorKind::Corrupt || kind == ErrorKind::NotFound;
}

bool is_of_the_store(ErrorKind kind) {
  return kind == ErrorKind::Database || kind == ErrorKind::Disk || kind == ErrorKind::Busy;
}

class Attempt {
 public:
  Attempt(store::Archive& archive, store::Lease& lease, store::OutboxItem item,
          const SmtpPatience& patience, AttemptStop& stop)
      : archive_(archive),
        outbox_(archive),
        lease_(lease),
        item_(std::move(item)),
        patience_(patience),
        stop_(stop) {
    for (const std::string& recipient : item_.recipients)
      delivery_.answers.push_back({recipient, false, 0, ""});
  }

  Status run() {
    auto done = try_it();
    if (done) return {};
    common::Error error = std::move(done).error();
    // Order: once it was handed over only the server's answer counts. An error after that is the
    // store's, whatever its kind, and must not stand as the outcome.
    const bool was_handed_over = delivery_.attempt != 0;
    if (was_handed_over || error.kind == ErrorKind::Cancelled ||
        error.kind == ErrorKind::Conflict || is_of_the_store(error.kind))
      return tl::unexpected(std::move(error));
    MAILKEEP_CHECKED(
        settle(is_final(error.kind) ? DeliveryState::Failed : DeliveryState::Deferred, error.text));
    if (error.kind == ErrorKind::Auth) return tl::unexpected(std::move(error));
    return {};
  }

 private:
  Status try_it() {
    MAILKEEP_TRY(account, store::Accounts(archive_).find_by_id(item_.account));
    if (account.state == store::AccountState::Removed)
      return settle(DeliveryState::Failed, "its account was removed");
    MAILKEEP_TRY(waits, wait_for_budget(account.settings));
    if (waits) return {};
    MAILKEEP_TRY(bytes, store::Contents(archive_).get(item_.content, kMaxMessageBytes));
    bytes_ = std::move(bytes);
    MAILKEEP_TRY(server, smtp_server(archive_, account, patience_));
    delivery_.server =
        fmt::format("{}:{}", common::printable(server.endpoint.host), server.endpoint.port);
    MAILKEEP_TRY(session, SmtpSession::open(server, stop_.token()));
    delivery_.server = session->description();
    delivery_.greeting = session->greeting();
    MAILKEEP_TRY(goes_on, offer_envelope(*session));
    if (goes_on) MAILKEEP_CHECKED(hand_over(*session));
    session->quit();
    return {};
  }

  Result<bool> wait_for_budget(const store::AccountSettings& settings) {
    const auto budget = daily_budget(settings);
    if (!budget) return false;
    // It was lowered since: no wait would ever be long enough.
    if (item_.recipients.size() > *budget)
      return common::fail(ErrorKind::Limit,
                          "the message goes to {} recipients; the account may write to {} a day",
                          item_.recipients.size(), *budget);
    const common::Micros now = archive_.clock().now();
    MAILKEEP_TRY(sent, outbox_.sent_since(item_.account, now - kBudgetWindow));
    const common::Micros when = budget_allows(*budget, sent, item_.recipients.size(), now);
    if (when <= now) return false;
    const std::string why =
        fmt::format("waits until {}: the account may write to {} recipients a day",
                    common::rfc3339(when), *budget);
    MAILKEEP_CHECKED(outbox_.postpone(item_.id, when, why));
    return true;
  }

  // MAIL and RCPT. False if the attempt ended here.
  Result<bool> offer_envelope(SmtpSession& session) {
    MAILKEEP_PHASE("smtp-rcpt");
    const bool needs_smtputf8 =
        !is_ascii(item_.envelope_from) ||
        !std::all_of(item_.recipients.begin(), item_.recipients.end(), is_ascii);
    MAILKEEP_TRY(mail, session.mail(item_.envelope_from, bytes_, needs_smtputf8));
    if (!mail.is_ok()) {
      MAILKEEP_CHECKED(settle_refused(mail, "the server refuses the sender"));
      return false;
    }
    bool is_put_off = false;
    std::size_t accepted = 0;
    for (store::RecipientAnswer& answer : delivery_.answers) {
      MAILKEEP_TRY(said, session.recipient(answer.recipient));
      answer.code = said.code;
      answer.text = said.text;
      is_put_off = is_put_off || (!said.is_ok() && said.is_temporary());
      accepted += said.is_ok() ? 1 : 0;
      if (said.code == 421) {
        MAILKEEP_CHECKED(settle_refused(said, "the server ended the conversation"));
        return false;
      }
    }
    const bool waits = is_put_off && (accepted == 0 || may_wait());
    if (accepted > 0 && !waits) return true;
    MAILKEEP_CHECKED(
        settle(waits ? DeliveryState::Deferred : DeliveryState::Failed,
               waits ? "the server puts a recipient off" : "no recipient is accepted"));
    return false;
  }

  bool may_wait() const { return history_of(item_).deferred < kWaitsForAll; }

  Status hand_over(SmtpSession& session) {
    if (!lease_.is_held() || !stop_.begin_handing_over())
      return common::fail(ErrorKind::Cancelled, "stopped before the message was handed over");
    Status done = hand_over_now(session);
    stop_.end_handing_over();
    return done;
  }

  Status hand_over_now(SmtpSession& session) {
    MAILKEEP_PHASE("smtp-sending");
    const bool is_sabotaged = common::sabotage_wanted("send-before-mark");
    if (!is_sabotaged) {
      // Order: Sending is durable before the first byte of the message can reach anybody.
      // If we die here: nothing was handed over, and yet the item becomes Unknown; a person
      // decides.
      MAILKEEP_TRY(number, outbox_.mark_sending(item_.id));
      delivery_.attempt = number;
    }
    MAILKEEP_PHASE("smtp-data");
    const auto ready = session.data();
    if (!ready) return settle_error(ready.error(), DeliveryState::Deferred);
    if (ready->code != 354) return settle_refused(*ready, "the server refuses the message");
    // If we die here, or from here to the answer: the server may have it. The item becomes Unknown.
    if (const Status sent = session.send(bytes_); !sent)
      return settle_error(sent.error(), DeliveryState::Unknown);
    MAILKEEP_PHASE("smtp-answer");
    const auto outcome = session.read_outcome();
    MAILKEEP_PHASE("smtp-finish");
    if (!outcome) return settle_error(outcome.error(), DeliveryState::Unknown);
    // Neither yes nor no: it may have taken the message all the same.
    if (outcome->code < 400 && !outcome->is_ok())
      return settle(DeliveryState::Unknown,
                    "the server's answer to the message is none: " + outcome->shown());
    if (!outcome->is_ok()) return settle_refused(*outcome, "the server refuses the message");
    for (store::RecipientAnswer& answer : delivery_.answers)
      answer.is_accepted = answer.code >= 200 && answer.code < 300;
    // If we die here: the server has it and we do not say so: Unknown, not sent again by itself.
    return settle(DeliveryState::Sent, outcome->shown());
  }

  Status settle_error(const common::Error& error, DeliveryState state) {
    return settle(state, state == DeliveryState::Unknown
                             ? "no answer after the message was handed over: " + error.text
                             : error.text);
  }

  Status settle_refused(const SmtpAnswer& answer, std::string_view what) {
    return settle(answer.code >= 500 ? DeliveryState::Failed : DeliveryState::Deferred,
                  fmt::format("{}: {}", what, answer.shown()));
  }

  // Makes the outcome durable. After a hand-over the answer is worth some patience with the store:
  // without it the item ends as Unknown.
  Status settle(DeliveryState state, std::string_view detail) {
    constexpr int kTries = 5;
    delivery_.state = state;
    delivery_.detail = one_line(detail, kMaxDetail);
    const common::Micros next = state == DeliveryState::Deferred ? next_attempt() : 0;
    log_outcome();
    for (int i = 1;; ++i) {
      Status done = outbox_.finish(item_.id, delivery_, next);
      const bool may_try = delivery_.attempt != 0 && i < kTries;
      if (done || !may_try || done.error().kind == ErrorKind::Conflict) return done;
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }

  common::Micros next_attempt() {
    const common::Micros now = archive_.clock().now();
    const History history = history_of(item_);
    const std::chrono::seconds waiting((now - history.since) / 1'000'000);
    const auto delay = retry_after(history.deferred + 1, waiting);
    if (delay) return now + delay->count() * 1'000'000;
    delivery_.state = DeliveryState::Failed;
    delivery_.detail = one_line("given up after four days: " + delivery_.detail, kMaxDetail);
    return 0;
  }

  std::string_view event() const {
    if (delivery_.state == DeliveryState::Failed) return "reply.failed";
    return delivery_.state == DeliveryState::Unknown ? "reply.unknown" : "reply.deferred";
  }

  void log_outcome() const {
    if (delivery_.state == DeliveryState::Sent) return;
    common::log(common::LogLevel::Warning, event(),
                {{"item", store::number(item_.id)},
                 {"account", item_.account_name},
                 {"server", delivery_.server},
                 {"detail", delivery_.detail}});
  }

  store::Archive& archive_;
  store::Outbox outbox_;
  store::Lease& lease_;
  store::OutboxItem item_;
  const SmtpPatience& patience_;
  AttemptStop& stop_;
  std::string bytes_;
  store::Delivery delivery_;
};

}  // namespace

std::optional<std::chrono::seconds> retry_after(std::uint32_t deferred,
                                                std::chrono::seconds waiting) {
  using std::chrono::minutes;
  constexpr std::chrono::seconds kGiveUp = std::chrono::hours(4 * 24);  // RFC 5321 §4.5.4.1
  constexpr std::array<minutes, 4> kFirst = {minutes(1), minutes(5), minutes(15), minutes(60)};
  if (waiting >= kGiveUp) return std::nullopt;
  if (deferred >= 1 && deferred <= kFirst.size()) return kFirst.at(deferred - 1);
  return std::chrono::hours(2);
}

Status attempt(store::Archive& archive, store::Lease& lease, store::OutboxId id,
               const SmtpPatience& patience, AttemptStop& stop) {
  MAILKEEP_TRY(item, store::Outbox(archive).find(id));
  if (item.state != store::SendState::Queued) return {};  // cancelled meanwhile
  return Attempt(archive, lease, std::move(item), patience, stop).run();
}

}  // namespace mailkeep::reply
