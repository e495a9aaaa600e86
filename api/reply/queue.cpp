// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/queue.h"

#include <algorithm>
#include <span>
#include <utility>

#include "api/reply/smtp_account.h"
#include "api/reply/wire_form.h"
#include "common/encoding.h"
#include "common/printable.h"
#include "store/contents.h"
#include "store/journal.h"

namespace mailkeep::reply {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

constexpr std::uint64_t kMaxOriginalBytes = 256ULL << 20U;
constexpr std::size_t kUniqueBytes = 16;

// Of the wish, not of what is made of it: the same wish a minute later has another date.
common::Digest hash_of(const ReplyOrder& order) {
  std::string fields;
  common::put_field(fields, order.original.view());
  common::put_field(fields, order.account);
  common::put_u8(fields, order.request.all ? 1 : 0);
  common::put_u8(fields, order.request.quote ? 1 : 0);
  common::put_field(fields, order.request.text);
  for (const std::string& one : order.request.cc) common::put_field(fields, one);
  return common::Sha256::of(fields);
}

const std::string& account_of(const ReplyOrder& order) {
  return order.account.empty() ? order.default_account : order.account;
}

Result<Composed> compose_for(store::Archive& archive, message::ParserPool& pool,
                             const ReplyOrder& order, const store::AccountSettings& settings) {
  MAILKEEP_TRY(raw, store::Contents(archive).get(order.original, kMaxOriginalBytes));
  MAILKEEP_TRY(parsed, pool.parse(std::span(&raw, 1)));
  const message::ParsedMessage& original = parsed.front();
  const Sender sender = sender_of(settings.address, settings.user, settings.host, original);
  const Moment moment{archive.clock().now(), common::to_hex(common::random_bytes(kUniqueBytes))};
  MAILKEEP_TRY(composed, compose(original, sender, order.request, moment));
  MAILKEEP_CHECKED(check_wire_form(composed.bytes));
  const auto budget = daily_budget(settings);
  if (budget && composed.recipients.size() > *budget)
    return fail(ErrorKind::Limit,
                "the reply would go to {} addresses; the account may write to {} a day",
                composed.recipients.size(), *budget);
  return std::move(composed);
}

}  // namespace

Result<store::Account> replying_account(store::Archive& archive, const common::Digest& original,
                                        std::string_view name) {
  store::Accounts accounts(archive);
  std::string wanted(name);
  if (wanted.empty()) {
    MAILKEEP_TRY(sightings, store::Journal(archive).sightings_of(original));
    if (sightings.empty())
      return fail(ErrorKind::NotFound,
                  "the message was seen in no account: name the one to send from with --account");
    wanted = sightings.back().account_name;
  }
  MAILKEEP_TRY(account, accounts.find(wanted));
  if (account.state == store::AccountState::Removed)
    return fail(ErrorKind::Config, "the account {} was removed: name another with --account",
                common::printable(wanted));
  if (account.settings.smtp_url.empty())
    return fail(ErrorKind::Config,
                "the account {} has no SMTP server: give it one with --smtp, or name another with "
                "--account",
                common::printable(wanted));
  MAILKEEP_CHECKED(parse_smtp_url(account.settings.smtp_url, account.settings.tls));
  return std::move(account);
}

Result<store::Submitted> queue_reply(store::Archive& archive, message::ParserPool& pool,
                                     const ReplyOrder& order) {
  const common::Digest request_hash = hash_of(order);
  store::Outbox outbox(archive);
  if (!order.idempotency_key.empty()) {
    MAILKEEP_TRY(known, outbox.find_by_key(order.owner, order.idempotency_key, request_hash));
    if (known) return store::Submitted{*std::move(known), false};
  }
  MAILKEEP_TRY(account, replying_account(archive, order.original, account_of(order)));
  MAILKEEP_TRY(composed, compose_for(archive, pool, order, account.settings));
  store::Submission submission;
  submission.account = account.id;
  submission.original = order.original;
  submission.body = store::Body::of(std::move(composed.bytes));
  submission.envelope_from = std::move(composed.envelope_from);
  submission.recipients = std::move(composed.recipients);
  submission.actor = order.actor;
  submission.owner = order.owner;
  submission.idempotency_key = order.idempotency_key;
  submission.request_hash = request_hash;
  return outbox.submit(std::move(submission));
}

Result<Preview> preview_reply(store::Archive& archive, message::ParserPool& pool,
                              const ReplyOrder& order) {
  MAILKEEP_TRY(account, replying_account(archive, order.original, account_of(order)));
  ReplyOrder shown = order;
  // Asked for before anything is written: what is looked at is everything else.
  if (shown.request.text.find_first_not_of(" \t\r\n") == std::string::npos)
    shown.request.text = "...";
  MAILKEEP_TRY(composed, compose_for(archive, pool, shown, account.settings));
  return Preview{std::move(account), std::move(composed)};
}

}  // namespace mailkeep::reply
