// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Sessions: a person at a browser, known by a secret in a cookie.
//
// A session ends 12 hours after it began, after 2 hours without a request, when it is ended, and
// when its user is disabled or gets another password. One that began with a token has that token's
// rights and no more, and ends with it. The store keeps the SHA-256 of the secret.
// Durable on return. Any thread may call. Errors: Database, and what stands at each function.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "common/digest.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"
#include "store/tokens.h"
#include "store/users.h"

namespace mailkeep::store {

inline constexpr common::Micros kSessionLifetime = 12LL * 3600 * 1'000'000;
inline constexpr common::Micros kSessionIdle = 2LL * 3600 * 1'000'000;

struct Session {
  common::Digest id;  // SHA-256 of the secret
  common::Micros created = 0;
  common::Micros last_used = 0;  // to the minute
  common::Micros expires = 0;
};

struct FoundSession {
  Session session;
  User user;
  std::optional<TokenInfo> token;  // with which it began
};

class Sessions {
 public:
  explicit Sessions(Archive& archive) : archive_(archive) {}

  // The secret: 256 random bits in base64url. Removes sessions that are over.
  common::Result<std::string> create(UserId user, std::optional<TokenId> token = {});

  // Auth, with one text for unknown, over, and a disabled user.
  common::Result<FoundSession> find_by_secret(std::string_view secret);

  common::Status end(const common::Digest& id);  // twice is once
  common::Status end_all(UserId user);

  // When each was used. Writes only what is a minute newer than what is known.
  common::Status record_uses(std::span<const std::pair<common::Digest, common::Micros>> uses);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
