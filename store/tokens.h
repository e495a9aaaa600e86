// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Tokens: secrets with which programs ask the service in a user's name.
//
// A secret is "mk_", a prefix of 8 letters and digits by which people name the token, "_", and 256
// random bits in base64url. It is shown once; the store keeps the prefix and the SHA-256 of the
// whole. Making and revoking a token are entries of kind `right`. Nothing is cached: a revoked
// token or a disabled user is refused from the next look-up on, in every process.
// Durable on return. Any thread may call. Errors: Database, and what stands at each function.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"
#include "store/users.h"

namespace mailkeep::store {

inline constexpr common::Micros kTokenMaxLifetime = 366LL * 24 * 3600 * 1'000'000;
inline constexpr std::string_view kTokenStart = "mk_";

struct NewToken {
  std::string name;                 // for people; printable, at most 100 bytes
  std::vector<std::string> scopes;  // words such as "messages:read"; see api/scopes.h
  std::optional<std::vector<AccountId>> accounts;  // none: all that the user may see
  common::Micros expires = 0;                      // at most a year from now
};

struct TokenInfo {
  TokenId id{};
  std::string prefix;
  UserId user{};
  std::string user_name;
  std::string name;
  std::vector<std::string> scopes;
  std::optional<std::vector<AccountId>> accounts;
  common::Micros created = 0;
  common::Micros expires = 0;
  std::optional<common::Micros> last_used;  // to the minute
  std::optional<common::Micros> revoked;
};

struct CreatedToken {
  TokenInfo token;
  std::string secret;
};

struct FoundToken {
  TokenInfo token;
  User user;
};

class Tokens {
 public:
  explicit Tokens(Archive& archive) : archive_(archive) {}

  // Usage (no scope, an expiry in the past or beyond a year), NotFound (the user or an account),
  // Conflict (a disabled user).
  common::Result<CreatedToken> create(UserId user, const NewToken& token, std::string_view actor);

  // Auth, with one text for unknown, expired, revoked and a disabled user.
  common::Result<FoundToken> find_by_secret(std::string_view secret);

  common::Result<std::vector<TokenInfo>> list(std::optional<UserId> user = {});  // newest first
  common::Result<TokenInfo> find(TokenId id);                                    // NotFound
  common::Result<TokenInfo> find_by_prefix(std::string_view prefix);             // NotFound
  common::Status revoke(TokenId id, std::string_view actor);  // NotFound; twice is once

  // When each was used. Writes only what is a minute newer than what is known.
  common::Status record_uses(std::span<const std::pair<TokenId, common::Micros>> uses);

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
