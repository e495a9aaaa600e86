// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Authenticator: who asks, and what they may.
//
// A caller is known by "Authorization: Bearer mk_…" or by the cookie of a session. The store is
// asked each time, so that what was revoked is refused from the next request on. A change that
// comes with a cookie must come from our own page: header "X-Mailkeep-Request: page", and Origin or
// Sec-Fetch-Site must say the same origin.
//
// Problems: unauthenticated (401, one text for all reasons), too-many-requests (429, after many
// failures from one address; whoever shows a valid token or cookie is served all the same),
// cross-site (403), missing-scope (403), and those of the store. Any thread may call.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.h"
#include "api/rate_limit.h"
#include "api/request.h"
#include "api/scopes.h"
#include "api/use_recorder.h"
#include "common/clock.h"
#include "common/digest.h"
#include "store/archive.h"
#include "store/tokens.h"
#include "store/users.h"

namespace mailkeep::api {

inline constexpr std::string_view kSessionCookie = "mailkeep_session";

struct CallerAccount {
  store::AccountId id{};
  std::string name;
};

struct Caller {
  store::UserId user_id{};
  std::string user;
  store::Role role = store::Role::Reviewer;
  std::optional<store::TokenId> token;    // with which the caller came, or the session began
  std::string token_prefix;               // of that token
  std::optional<common::Digest> session;  // with whose cookie the caller came
  Scopes scopes;                          // what role and token both allow
  // What role and token both allow, removed accounts too. None: all there are and will be.
  std::optional<std::vector<CallerAccount>> accounts;
  std::optional<common::Micros> expires;  // of token or session

  bool has(Scope scope) const { return scopes.contains(scope); }
  bool may_see(store::AccountId account) const;
};

class Authenticator {
 public:
  explicit Authenticator(store::Archive& archive);

  tl::expected<Caller, Problem> authenticate(const Request& request);
  tl::expected<Caller, Problem> require(const Request& request, Scope scope);

  // For POST /session: who this is, by password or by a token, and the session's secret. Each
  // failure counts against the address. Asks Argon2id no more often than the limit allows.
  struct SignedIn {
    Caller caller;
    std::string secret;
  };
  tl::expected<SignedIn, Problem> sign_in(const Request& request, std::string_view user,
                                          std::string_view password);
  tl::expected<SignedIn, Problem> sign_in(const Request& request, std::string_view token);

  // Whether this is the user's password; counts like an attempt to sign in, and is refused like
  // one.
  bool is_password(const Request& request, std::string_view user, std::string_view password);

 private:
  tl::expected<Caller, Problem> by_token(const Request& request, std::string_view secret);
  tl::expected<store::User, Problem> check_password(const Request& request, std::string_view user,
                                                    std::string_view password);
  tl::expected<Caller, Problem> by_cookie(const Request& request, std::string_view secret);
  Problem refusal(const Request& request, const common::Error& error);
  tl::expected<Caller, Problem> caller_for(const store::User& user,
                                           const std::optional<store::TokenInfo>& token);
  tl::expected<SignedIn, Problem> begin_session(const store::User& user,
                                                const std::optional<store::TokenInfo>& token);

  store::Archive& archive_;
  RateLimiter failures_;
  UseRecorder uses_;
};

// missing-scope, naming it.
Permission require_scope(const Caller& caller, Scope scope);

// For what is about all accounts at once, or gives rights over them: forbidden to whoever is bound
// to some.
Permission require_unbound(const Caller& caller, std::string_view deed);

// Of a request that changes something, with a cookie: cross-site unless our own page sent it.
Permission require_own_page(const Request& request);

std::string session_cookie(std::string_view secret, bool is_tls);  // value of Set-Cookie
std::string ended_session_cookie(bool is_tls);

}  // namespace mailkeep::api
