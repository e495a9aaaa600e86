// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// OAuthTokens: each account's refresh and access token, sealed like its password (accounts.h), and
// who may renew them now (RFC 6749 section 6).
//
// A provider may hand out a new refresh token with each access token and end the old one, so two
// that refresh at once can lock each other out. Of all workers, processes and hosts one has the
// turn at a time, for kTurn at most; the others wait for its result. Whoever has the turn writes
// what it got before it uses it: a token that was used and lost would be the account's last.
//
// The tokens are forgotten with the account's other secrets, and when the account gets another
// provider, user or server (Accounts::change). Durable on return; any thread may call. Errors:
// Database, Config (the key that sealed them is gone), and what stands at each function.

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "common/clock.h"
#include "common/deadline.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

struct OAuthToken {
  std::string refresh_token;    // empty: of client credentials, which need none
  std::string access_token;     // empty: none yet
  common::Micros expires = 0;   // of the access token
  std::int64_t generation = 0;  // counts the writes; write() sets it
};

// Either the turn to refresh `token`, or the newer token that another has brought.
struct RefreshTurn {
  bool is_ours = false;
  std::int64_t ticket = 0;  // of our turn
  OAuthToken token;
};

class OAuthTokens {
 public:
  // Longer than a token server's answer may take: a refresher that died is given up after it.
  static constexpr std::chrono::seconds kTurn{60};

  explicit OAuthTokens(Archive& archive) : archive_(archive) {}

  common::Result<std::optional<OAuthToken>> read(AccountId account);

  // seen: the generation of the token that is no good any more (0: there is none). Waits while
  // another has the turn, until it has written, given up or its time is over. Timeout, Cancelled.
  common::Result<RefreshTurn> begin_refresh(AccountId account, std::int64_t seen,
                                            common::Deadline deadline, std::stop_token stop);
  // The result of our turn, and the end of it. Conflict if somebody else has written since it
  // began: read() then. A turn whose time is over may still write unless that happened.
  common::Status write(AccountId account, const OAuthToken& token, const RefreshTurn& turn);
  // Tokens that a person has just consented to, whoever has the turn.
  common::Status write(AccountId account, const OAuthToken& token);
  // The refresh failed: the next one may try.
  common::Status give_up(AccountId account, const RefreshTurn& turn);
  common::Status forget(AccountId account);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
