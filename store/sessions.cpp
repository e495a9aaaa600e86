// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sessions.h"

#include "store/lookup.h"
#include "store/secrets.h"
#include "store/token_rows.h"
#include "store/user_rows.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr std::size_t kSecretCharacters = 43;
constexpr common::Micros kMinute = 60'000'000;

struct SessionRow {
  UserId user{};
  std::optional<TokenId> token;
  Session session;
};

Result<std::optional<SessionRow>> find_row(Connection& connection, const common::Digest& id) {
  std::optional<SessionRow> found;
  MAILKEEP_CHECKED(connection.query(
      "SELECT user_id, token_id, created, last_used, expires FROM sessions WHERE hash = $1 LIMIT 1",
      {blob(id.view())}, [&](const Row& row) {
        found.emplace();
        found->user = UserId(row.integer(0));
        if (!row.is_null(1)) found->token = TokenId(row.integer(1));
        found->session = Session{id, row.integer(2), row.integer(3), row.integer(4)};
        return Status();
      }));
  return found;
}

bool is_over(const Session& session, common::Micros now) {
  return session.expires <= now || session.last_used + kSessionIdle <= now;
}

}  // namespace

Result<std::string> Sessions::create(UserId user, std::optional<TokenId> token) {
  const common::Micros now = archive_.clock().now();
  const std::string secret = random_secret();
  Value token_id;
  if (token) token_id = number(*token);
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  Connection& connection = transaction->connection();
  MAILKEEP_CHECKED(connection.execute("DELETE FROM sessions WHERE expires <= $1 OR last_used <= $2",
                                      {now, now - kSessionIdle}));
  MAILKEEP_CHECKED(connection.execute(
      "INSERT INTO sessions (hash, user_id, token_id, created, last_used, expires) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {blob(hash_of_secret(secret).view()), number(user), token_id, now, now,
       now + kSessionLifetime}));
  MAILKEEP_CHECKED(transaction->commit());
  return secret;
}

Result<FoundSession> Sessions::find_by_secret(std::string_view secret) {
  const auto refused = [] { return fail(ErrorKind::Auth, "the session is over: sign in again"); };
  if (secret.size() != kSecretCharacters) return refused();
  const common::Micros now = archive_.clock().now();
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  Connection& connection = reading->connection();
  MAILKEEP_TRY(row, find_row(connection, hash_of_secret(secret)));
  if (!row || is_over(row->session, now)) return refused();
  MAILKEEP_TRY(user, get_user(connection, row->user));
  if (user.state != UserState::Active) return refused();
  FoundSession found{row->session, std::move(user), {}};
  if (!row->token) return found;
  const Value key = number(*row->token);
  MAILKEEP_TRY(tokens, select_tokens(connection, "WHERE t.id = $1 LIMIT 1", {&key, 1}));
  if (tokens.empty() || !is_good(tokens.front(), now)) return refused();
  found.token = std::move(tokens.front());
  return found;
}

Status Sessions::end(const common::Digest& id) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  MAILKEEP_CHECKED(
      transaction->connection().execute("DELETE FROM sessions WHERE hash = $1", {blob(id.view())}));
  return transaction->commit();
}

Status Sessions::end_all(UserId user) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  MAILKEEP_CHECKED(
      transaction->connection().execute("DELETE FROM sessions WHERE user_id = $1", {number(user)}));
  return transaction->commit();
}

Status Sessions::record_uses(std::span<const std::pair<common::Digest, common::Micros>> uses) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  for (const auto& [id, time] : uses)
    MAILKEEP_CHECKED(transaction->connection().execute(
        "UPDATE sessions SET last_used = $1 WHERE hash = $2 AND last_used <= $3",
        {time, blob(id.view()), time - kMinute}));
  return transaction->commit();
}

}  // namespace mailkeep::store
