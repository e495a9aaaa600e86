// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/auth.h"

#include <algorithm>
#include <iterator>

#include "common/log.h"
#include "net/listener.h"
#include "store/accounts.h"
#include "store/sessions.h"

namespace mailkeep::api {
namespace {

using common::ErrorKind;

// A person mistypes a few times; a program that guesses is slowed down to nothing.
const RatePolicy kFailures{"sign-in", 20, std::chrono::seconds(60)};

Problem unauthenticated() {
  Problem problem = make_problem(
      "unauthenticated", "send a valid token as \"Authorization: Bearer mk_…\", or sign in again");
  problem.headers.emplace_back("WWW-Authenticate", "Bearer");
  return problem;
}

// The token of "Bearer <token>" (RFC 6750 §2.1); the scheme's case does not matter.
std::optional<std::string_view> bearer_token(const std::string& header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size() ||
      !equal_ignoring_case(std::string_view(header).substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  return std::string_view(header).substr(kScheme.size());
}

bool is_safe(Method method) {
  return method == Method::Get || method == Method::Head || method == Method::Options;
}

bool names_our_host(const std::string& origin, const Request& request) {
  const std::string* host = request.headers.find("Host");
  const std::size_t colon = origin.find("://");
  // The scheme is not compared: in front of us may stand a proxy that speaks TLS.
  return host != nullptr && colon != std::string::npos &&
         equal_ignoring_case(std::string_view(origin).substr(colon + 3), *host);
}

// Ids of the accounts that both allow; none: all.
std::optional<std::vector<store::AccountId>> allowed_accounts(
    const store::User& user, const std::optional<store::TokenInfo>& token) {
  std::optional<std::vector<store::AccountId>> allowed;
  if (user.role == store::Role::Reviewer) allowed = user.accounts;
  if (!token || !token->accounts) return allowed;
  if (!allowed) return token->accounts;
  std::vector<store::AccountId> both;
  std::set_intersection(allowed->begin(), allowed->end(), token->accounts->begin(),
                        token->accounts->end(), std::back_inserter(both));
  return both;
}

Scopes allowed_scopes(const store::User& user, const std::optional<store::TokenInfo>& token) {
  if (!token) return scopes_of(user.role);
  Scopes scopes;
  for (const std::string& name : token->scopes) {
    const auto scope = scope_from(name);
    if (scope && scopes_of(user.role).contains(*scope)) scopes.insert(*scope);
  }
  return scopes;
}

// As many lines as tries are let through: whoever floods us does not flood the journal.
void log_refusal(const Request& request) {
  common::log(common::LogLevel::Warning, "api.caller.refused",
              {{"peer", request.peer}, {"path", request.path}, {"request", request.id}});
}

}  // namespace

bool Caller::may_see(store::AccountId account) const {
  return !accounts || std::any_of(accounts->begin(), accounts->end(),
                                  [&](const CallerAccount& a) { return a.id == account; });
}

Authenticator::Authenticator(store::Archive& archive)
    : archive_(archive), failures_(kFailures), uses_(archive) {}

tl::expected<Caller, Problem> Authenticator::authenticate(const Request& request) {
  if (const std::string* header = request.headers.find("Authorization")) {
    const auto token = bearer_token(*header);
    return by_token(request, token.value_or(std::string_view()));
  }
  if (const auto cookie = cookie_value(request, kSessionCookie)) return by_cookie(request, *cookie);
  return tl::unexpected(unauthenticated());  // nobody tried anything
}

tl::expected<Caller, Problem> Authenticator::require(const Request& request, Scope scope) {
  MAILKEEP_TRY(caller, authenticate(request));
  MAILKEEP_CHECKED(require_scope(caller, scope));
  return std::move(caller);
}

tl::expected<Caller, Problem> Authenticator::by_token(const Request& request,
                                                      std::string_view secret) {
  const auto found = store::Tokens(archive_).find_by_secret(secret);
  if (!found) return tl::unexpected(refusal(request, found.error()));
  uses_.note(found->token.id, found->token.last_used);
  return caller_for(found->user, found->token);
}

tl::expected<Caller, Problem> Authenticator::by_cookie(const Request& request,
                                                       std::string_view secret) {
  const auto found = store::Sessions(archive_).find_by_secret(secret);
  if (!found) return tl::unexpected(refusal(request, found.error()));
  if (!is_safe(request.method)) MAILKEEP_CHECKED(require_own_page(request));
  uses_.note(found->session.id, found->session.last_used);
  MAILKEEP_TRY(caller, caller_for(found->user, found->token));
  caller.session = found->session.id;
  caller.expires = found->token ? std::min(found->session.expires, found->token->expires)
                                : found->session.expires;
  return std::move(caller);
}

// Only a wrong secret counts as a failure; what the store could not do is its own problem.
Problem Authenticator::refusal(const Request& request, const common::Error& error) {
  if (error.kind != ErrorKind::Auth) return Problem(error);
  const RateDecision decision = failures_.take(net::network_of(request.peer));
  if (decision.is_allowed) log_refusal(request);
  return decision.is_allowed ? unauthenticated() : failures_.refusal(decision);
}

tl::expected<Caller, Problem> Authenticator::caller_for(
    const store::User& user, const std::optional<store::TokenInfo>& token) {
  Caller caller;
  caller.user_id = user.id;
  caller.user = user.name;
  caller.role = user.role;
  caller.scopes = allowed_scopes(user, token);
  if (token) {
    caller.token = token->id;
    caller.token_prefix = token->prefix;
    caller.expires = token->expires;
  }
  const auto allowed = allowed_accounts(user, token);
  if (!allowed) return caller;
  caller.accounts.emplace();
  MAILKEEP_TRY(names, store::Accounts(archive_).names(*allowed));
  for (const auto& [id, name] : names) caller.accounts->push_back({id, name});
  return caller;
}

tl::expected<store::User, Problem> Authenticator::check_password(const Request& request,
                                                                 std::string_view user,
                                                                 std::string_view password) {
  // Order: counted before the password is looked at, so that many at once guess no more often.
  const RateDecision decision = failures_.take(net::network_of(request.peer));
  if (!decision.is_allowed) return tl::unexpected(failures_.refusal(decision));
  auto known = store::Users(archive_).check_password(user, password);
  if (!known && known.error().kind == ErrorKind::Auth) {
    log_refusal(request);
    return tl::unexpected(unauthenticated());
  }
  failures_.give_back(net::network_of(request.peer));
  if (!known) return tl::unexpected(Problem(known.error()));
  return std::move(*known);
}

bool Authenticator::is_password(const Request& request, std::string_view user,
                                std::string_view password) {
  return check_password(request, user, password).has_value();
}

tl::expected<Authenticator::SignedIn, Problem> Authenticator::sign_in(const Request& request,
                                                                      std::string_view user,
                                                                      std::string_view password) {
  MAILKEEP_TRY(known, check_password(request, user, password));
  return begin_session(known, std::nullopt);
}

tl::expected<Authenticator::SignedIn, Problem> Authenticator::sign_in(const Request& request,
                                                                      std::string_view token) {
  const auto found = store::Tokens(archive_).find_by_secret(token);
  if (!found) return tl::unexpected(refusal(request, found.error()));
  uses_.note(found->token.id, found->token.last_used);
  return begin_session(found->user, found->token);
}

tl::expected<Authenticator::SignedIn, Problem> Authenticator::begin_session(
    const store::User& user, const std::optional<store::TokenInfo>& token) {
  MAILKEEP_TRY(caller, caller_for(user, token));
  std::optional<store::TokenId> token_id;
  if (token) token_id = token->id;
  MAILKEEP_TRY(secret, store::Sessions(archive_).create(user.id, token_id));
  const common::Micros end = archive_.clock().now() + store::kSessionLifetime;
  caller.session = common::Sha256::of(secret);
  caller.expires = caller.expires ? std::min(*caller.expires, end) : end;
  return SignedIn{std::move(caller), std::move(secret)};
}

Permission require_scope(const Caller& caller, Scope scope) {
  if (caller.has(scope)) return {};
  return refuse("missing-scope", "this takes the scope {}, which {} does not have", name_of(scope),
                caller.token && scopes_of(caller.role).contains(scope)
                    ? "the token"
                    : fmt::format("the role {}", store::name_of(caller.role)));
}

Permission require_unbound(const Caller& caller, std::string_view deed) {
  if (caller.accounts)
    return refuse("forbidden", "a token that is bound to accounts cannot {}", deed);
  return {};
}

Permission require_own_page(const Request& request) {
  const std::string* mark = request.headers.find("X-Mailkeep-Request");
  const std::string* origin = request.headers.find("Origin");
  const std::string* site = request.headers.find("Sec-Fetch-Site");
  const bool is_marked = mark != nullptr && *mark == "page";
  const bool is_same_site = site == nullptr || *site == "same-origin";
  const bool is_same_origin = origin == nullptr || names_our_host(*origin, request);
  const bool is_said = site != nullptr || origin != nullptr;
  if (is_marked && is_said && is_same_site && is_same_origin) return {};
  return refuse("cross-site",
                "a change with a session's cookie must come from the service's own page");
}

std::string session_cookie(std::string_view secret, bool is_tls) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", kSessionCookie,
                     secret, store::kSessionLifetime / 1'000'000, is_tls ? "; Secure" : "");
}

std::string ended_session_cookie(bool is_tls) {
  return fmt::format("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}", kSessionCookie,
                     is_tls ? "; Secure" : "");
}

}  // namespace mailkeep::api
