// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Outbox: what was written here and is to be sent, and everything that became of it.
//
// A submission (bytes, envelope, who asked) and each delivery (what an attempt came to) are facts
// with an entry in the log; an item's state is what the last of them says, or Sending while a
// process is at it. Nothing is sent twice without a person's word: what was left in Sending becomes
// Unknown, and only resend() queues it again. Whoever delivers holds the account's Lease
// (lease_name) from due() to finish(). Durable on return. Any thread may call. Errors: Database,
// Disk, Busy, Corrupt, and what stands at each.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/body.h"
#include "store/ids.h"

namespace mailkeep::store {

enum class SendState { Queued, Sending, Sent, Failed, Unknown, Cancelled };
// Deferred: nothing was handed over. Cancelled and Resend are acts of a person, not attempts.
enum class DeliveryState { Deferred, Sent, Failed, Unknown, Cancelled, Resend };
std::string_view name_of(SendState state);      // "queued" "sending" "sent" ...
std::string_view name_of(DeliveryState state);  // "deferred" "sent" ... "resend"
std::optional<SendState> send_state(std::string_view word);

struct Submission {
  AccountId account{};
  common::Digest original;  // the message that is answered
  Body body;                // the exact bytes that go over the wire
  std::string envelope_from;
  std::vector<std::string> recipients;
  std::string actor;            // who asked: "anna", "cli:root"
  std::string owner;            // in whose name the key counts
  std::string idempotency_key;  // empty: a random one, so the item is always new
  common::Digest request_hash;  // of what was asked for
};

struct RecipientAnswer {
  std::string recipient;
  bool is_accepted = false;  // the server took the message for this recipient
  std::uint32_t code = 0;    // of SMTP; 0 if the server was not asked or did not answer
  std::string text;          // printable, bounded
};

struct Delivery {
  DeliveryState state = DeliveryState::Deferred;
  std::string server;    // "smtp.example.org:465, TLSv1.3 with ..."; empty if nobody was asked
  std::string greeting;  // what the server said first; printable, bounded
  std::string detail;    // the final answer, or one sentence on why there is none
  std::vector<RecipientAnswer> answers;
  std::uint32_t attempt = 0;  // 1, 2, ...; acts bear the number of the attempt before them
  LogPosition position{};     // filled in by the store, as is the time
  common::Micros time = 0;
};

struct OutboxItem {
  OutboxId id{};
  AccountId account{};
  std::string account_name;
  SendState state = SendState::Queued;
  std::uint32_t attempts = 0;
  common::Micros next_attempt = 0;  // while Queued: not before
  std::string detail;               // why it stands as it does, for people
  common::Micros changed = 0;
  common::Digest original;
  common::Digest content;  // the exact bytes, as an archived content
  std::uint64_t size = 0;
  std::string envelope_from;
  std::vector<std::string> recipients;
  std::string actor;
  std::string owner;
  LogPosition position{};  // of the submission
  common::Micros submitted = 0;
  std::vector<Delivery> deliveries;  // in order; list() leaves it empty
};

struct Submitted {
  OutboxItem item;
  bool is_new = false;  // false: the key was used before for the same request
};

struct OutboxFilter {
  std::optional<std::vector<AccountId>> accounts;  // nothing: all
  std::optional<SendState> state;
  std::optional<common::Digest> original;
  std::optional<common::Digest> content;
  std::optional<OutboxId> before;  // only items with a smaller id: the next page
  std::size_t limit = 100;
};

struct SentCount {
  common::Micros time = 0;
  std::uint64_t recipients = 0;
};

class Outbox {
 public:
  explicit Outbox(Archive& archive) : archive_(archive) {}
  static std::string lease_name(AccountId account);  // "outbox-7"

  // All of it in one transaction. Conflict if the owner used the key for another request.
  common::Result<Submitted> submit(Submission submission);
  // What submit() would return for this key; nothing if it is new; Conflict as above.
  common::Result<std::optional<OutboxItem>> find_by_key(std::string_view owner,
                                                        std::string_view key,
                                                        const common::Digest& request_hash);

  common::Result<OutboxItem> find(OutboxId id);  // NotFound; with deliveries
  common::Result<std::vector<OutboxItem>> list(const OutboxFilter& filter);  // newest first
  common::Result<std::uint64_t> count(const OutboxFilter& filter);  // exact; `before` is ignored

  // Accounts with items that are due, or that somebody left in Sending.
  common::Result<std::vector<AccountId>> accounts_with_work(common::Micros now);
  // Queued items whose time has come, or that a clock put off which went ahead; oldest first.
  common::Result<std::vector<OutboxId>> due(AccountId account, common::Micros now,
                                            std::size_t limit);

  // What stands in Sending under our lease was left by a dead process: Unknown. How many.
  common::Result<std::uint64_t> give_up_unknown(AccountId account);

  // The number of the attempt. Conflict if it is not queued (any more).
  common::Result<std::uint32_t> mark_sending(OutboxId id);
  // The outcome of an attempt. Delivery, log entry and state in one transaction; next_attempt
  // counts for Deferred only. delivery.attempt: what mark_sending() gave, 0 if it did not come so
  // far (Conflict then unless the item is queued). An answer that comes after others gave the
  // attempt up as Unknown is recorded all the same; Conflict once a later attempt has begun.
  common::Status finish(OutboxId id, const Delivery& delivery, common::Micros next_attempt = 0);
  // The item waits (a sending budget is used up). Not evidence. Conflict unless queued.
  common::Status postpone(OutboxId id, common::Micros until, std::string_view why);

  // A person's wish. Conflict unless failed or unknown; unless queued.
  common::Status resend(OutboxId id, std::string_view actor);
  common::Status cancel(OutboxId id, std::string_view actor);

  // Recipients to whom the account sent, or may have sent, since then; ascending.
  common::Result<std::vector<SentCount>> sent_since(AccountId account, common::Micros since);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
