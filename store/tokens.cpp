// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/printable.h"
#include "store/lookup.h"
#include "store/secrets.h"
#include "store/sql/next_id.h"
#include "store/token_rows.h"
#include "store/user_rows.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr std::size_t kPrefixCharacters = 8;
constexpr std::size_t kSecretMaxBytes = 100;
constexpr std::size_t kNameMaxBytes = 100;
constexpr std::size_t kMaxScopes = 32;
constexpr common::Micros kMinute = 60'000'000;

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool is_scope(std::string_view word) {
  return !word.empty() && word.size() <= 40 && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == ':' || c == '-';
  });
}

Result<TokenInfo> read_token(const Row& row) {
  TokenInfo token;
  token.id = TokenId(row.integer(0));
  token.prefix = row.text(1);
  token.user = UserId(row.integer(2));
  token.user_name = row.text(3);
  token.name = row.text(4);
  token.scopes = split_words(row.text(5));
  if (!row.is_null(6)) {
    token.accounts = numbers_from(row.text(6));
    // Never wider than it was given: a binding that cannot be read binds to nothing.
    if (!token.accounts) token.accounts.emplace();
  }
  token.created = row.integer(7);
  token.expires = row.integer(8);
  if (!row.is_null(9)) token.last_used = row.integer(9);
  if (!row.is_null(10)) token.revoked = row.integer(10);
  return token;
}

Status check_new(const NewToken& token, common::Micros now) {
  if (token.name.size() > kNameMaxBytes || common::printable(token.name) != token.name)
    return fail(ErrorKind::Usage, "a token's name is at most {} bytes of printable UTF-8",
                kNameMaxBytes);
  if (token.scopes.empty() || token.scopes.size() > kMaxScopes ||
      !std::all_of(token.scopes.begin(), token.scopes.end(), is_scope))
    return fail(ErrorKind::Usage, "a token needs 1 to {} scopes", kMaxScopes);
  if (token.expires <= now || token.expires > now + kTokenMaxLifetime)
    return fail(ErrorKind::Usage, "a token ends after now and within a year");
  return {};
}

Result<TokenInfo> get_token(Connection& connection, std::string_view where, const Value& key) {
  MAILKEEP_TRY(found, select_tokens(connection, where, {&key, 1}));
  if (found.empty())
    return fail(ErrorKind::NotFound, "there is no such token: mailkeep token list shows all");
  return std::move(found.front());
}

common::JsonLine right_line(std::string_view what, std::string_view actor, const TokenInfo& token) {
  common::JsonLine line;
  line.add("what", what).add("who", actor).add("whom", token.user_name);
  line.add("token", token.prefix).add("name", token.name).add("scopes", token.scopes);
  line.add_raw("accounts",
               token.accounts ? "[" + numbers_text(*token.accounts) + "]" : std::string("null"));
  return line.add("expires", common::rfc3339(token.expires));
}

Status insert_token(Connection& connection, const TokenInfo& token, std::string_view secret) {
  Value accounts;
  if (token.accounts) accounts = numbers_text(*token.accounts);
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO tokens (id, prefix, hash, user_id, name, scopes, accounts, created, expires) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {number(token.id), token.prefix, blob(hash_of_secret(secret).view()), number(token.user),
       token.name, fmt::format("{}", fmt::join(token.scopes, " ")), accounts, token.created,
       token.expires}));
  return {};
}

// The names that go without saying: whose it is, until when, under which prefix.
TokenInfo info_for(const User& user, const NewToken& wanted, TokenId id, common::Micros now) {
  TokenInfo token;
  token.id = id;
  token.prefix = random_word(kPrefixCharacters);
  token.user = user.id;
  token.user_name = user.name;
  token.name = wanted.name;
  token.scopes = wanted.scopes;
  std::sort(token.scopes.begin(), token.scopes.end());
  token.scopes.erase(std::unique(token.scopes.begin(), token.scopes.end()), token.scopes.end());
  token.created = now;
  token.expires = wanted.expires;
  return token;
}

}  // namespace

Result<std::vector<TokenInfo>> select_tokens(Connection& connection, std::string_view where,
                                             std::span<const Value> parameters) {
  std::vector<TokenInfo> tokens;
  MAILKEEP_CHECKED(connection.query(
      fmt::format("SELECT t.id, t.prefix, t.user_id, u.name, t.name, t.scopes, t.accounts, "
                  "t.created, t.expires, t.last_used, t.revoked FROM tokens t "
                  "JOIN users u ON u.id = t.user_id {}",
                  where),
      parameters, [&tokens](const Row& row) -> Status {
        MAILKEEP_TRY(token, read_token(row));
        tokens.push_back(std::move(token));
        return {};
      }));
  return tokens;
}

bool is_good(const TokenInfo& token, common::Micros now) {
  return !token.revoked && token.expires > now;
}

Result<CreatedToken> Tokens::create(UserId user_id, const NewToken& wanted,
                                    std::string_view actor) {
  const common::Micros now = archive_.clock().now();
  MAILKEEP_CHECKED(check_new(wanted, now));
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());  // writers of rights come one by one
  MAILKEEP_TRY(user, get_user(connection, user_id));
  if (user.state == UserState::Disabled)
    return fail(ErrorKind::Conflict, "the user {} is disabled and gets no token",
                common::printable(user.name));
  MAILKEEP_TRY(id, next_id<TokenId>(connection, "tokens"));
  TokenInfo token = info_for(user, wanted, id, now);
  if (wanted.accounts) {
    MAILKEEP_TRY(accounts, known_accounts(connection, *wanted.accounts));
    token.accounts = std::move(accounts);
  }
  const std::string secret = fmt::format("{}{}_{}", kTokenStart, token.prefix, random_secret());
  MAILKEEP_CHECKED(insert_token(connection, token, secret));
  MAILKEEP_CHECKED(record_right(connection, log, right_line("token.added", actor, token), now));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return CreatedToken{std::move(token), secret};
}

Result<FoundToken> Tokens::find_by_secret(std::string_view secret) {
  const auto refused = [] { return fail(ErrorKind::Auth, "the token is not valid (any more)"); };
  if (secret.size() > kSecretMaxBytes || !secret.starts_with(kTokenStart)) return refused();
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  const Value hash = blob(hash_of_secret(secret).view());
  MAILKEEP_TRY(found,
               select_tokens(reading->connection(), "WHERE t.hash = $1 LIMIT 1", {&hash, 1}));
  if (found.empty() || !is_good(found.front(), archive_.clock().now())) return refused();
  MAILKEEP_TRY(user, get_user(reading->connection(), found.front().user));
  if (user.state != UserState::Active) return refused();
  return FoundToken{std::move(found.front()), std::move(user)};
}

Result<std::vector<TokenInfo>> Tokens::list(std::optional<UserId> user) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  if (!user) return select_tokens(reading->connection(), "ORDER BY t.id DESC", {});
  const Value key = number(*user);
  return select_tokens(reading->connection(), "WHERE t.user_id = $1 ORDER BY t.id DESC", {&key, 1});
}

Result<TokenInfo> Tokens::find(TokenId id) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return get_token(reading->connection(), "WHERE t.id = $1 LIMIT 1", number(id));
}

Result<TokenInfo> Tokens::find_by_prefix(std::string_view prefix) {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  return get_token(reading->connection(), "WHERE t.prefix = $1 LIMIT 1", std::string(prefix));
}

Status Tokens::revoke(TokenId id, std::string_view actor) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(token, get_token(connection, "WHERE t.id = $1 LIMIT 1", number(id)));
  if (token.revoked) return {};
  const common::Micros now = archive_.clock().now();
  MAILKEEP_CHECKED(
      connection.execute("UPDATE tokens SET revoked = $1 WHERE id = $2", {now, number(id)}));
  MAILKEEP_CHECKED(connection.execute("DELETE FROM sessions WHERE token_id = $1", {number(id)}));
  MAILKEEP_CHECKED(record_right(connection, log, right_line("token.revoked", actor, token), now));
  MAILKEEP_CHECKED(log.finish());
  return transaction->commit();
}

Status Tokens::record_uses(std::span<const std::pair<TokenId, common::Micros>> uses) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  for (const auto& [id, time] : uses)
    MAILKEEP_CHECKED(transaction->connection().execute(
        "UPDATE tokens SET last_used = $1 WHERE id = $2 AND coalesce(last_used, 0) <= $3",
        {time, number(id), time - kMinute}));
  return transaction->commit();
}

}  // namespace mailkeep::store
