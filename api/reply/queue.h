// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// queue_reply: from a wish to an item in the outbox. What the CLI and the API share.
//
// The original's bytes are checked against their digest, parsed in the sandbox, answered, and
// submitted in one transaction. Nothing is sent: delivery.h does that. A key that was used before
// for the same request gives back the item as it stands, without composing anew; for another
// request Conflict. The pool is the calling thread's.

#include <optional>
#include <string>
#include <vector>

#include "api/reply/compose.h"
#include "common/digest.h"
#include "common/result.h"
#include "message/parser_pool.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/outbox.h"

namespace mailkeep::reply {

struct ReplyOrder {
  common::Digest original;
  std::string account;  // by name; empty: the next one
  // Where none was wished for; empty: that of the newest sighting of the original. No part of the
  // wish: the same key finds its item after the message was seen in another account too.
  std::string default_account;
  ReplyRequest request;
  std::string actor;            // who asks, as it goes into the record
  std::string owner;            // in whose name the key counts
  std::string idempotency_key;  // empty: always a new item
};

// NotFound: no such message or account. Config: the account has no SMTP server. Limit: more
// recipients than the account may address in a day. And those of compose().
common::Result<store::Submitted> queue_reply(store::Archive& archive, message::ParserPool& pool,
                                             const ReplyOrder& order);

// What queue_reply() would write; nothing is kept. The Message-ID is not the later one's.
struct Preview {
  store::Account account;
  Composed composed;
};
common::Result<Preview> preview_reply(store::Archive& archive, message::ParserPool& pool,
                                      const ReplyOrder& order);

// The account through which a reply to this message goes out. name: as in ReplyOrder.
common::Result<store::Account> replying_account(store::Archive& archive,
                                                const common::Digest& original,
                                                std::string_view name);

}  // namespace mailkeep::reply
