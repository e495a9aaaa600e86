// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Schema 2: what the service needs. The words in braces are those of schema 1.
//
// Evidence: submissions (the exact bytes of what was sent, and to whom) and deliveries (what the
// server answered). Working state: outbox, which both explain. Users, tokens, sessions and jobs are
// no evidence; each change of a right is an entry of its own.

#include <array>
#include <string_view>

namespace mailkeep::store {

inline constexpr std::array<std::string_view, 16> kSchema2 = {
    // Accounts: settings that came later, `name=value` a line, sorted; the secret of the SMTP user.
    "ALTER TABLE accounts ADD COLUMN options TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE accounts ADD COLUMN smtp_secret {blob}",
    "ALTER TABLE accounts ADD COLUMN smtp_secret_key_id TEXT",

    // Each account's newest passes, however many there were.
    "CREATE INDEX passes_by_account ON passes (account_id, id)",

    // Who may do what. A token or a session is known by the SHA-256 of its secret; token_id:
    // with which token the session began.
    "CREATE TABLE users (id {id} PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, "
    "state TEXT NOT NULL, password_hash TEXT NOT NULL, created {id} NOT NULL, version {id} NOT "
    "NULL)",
    "CREATE TABLE user_accounts (user_id {id} NOT NULL, account_id {id} NOT NULL, "
    "PRIMARY KEY (user_id, account_id))",
    "CREATE TABLE tokens (id {id} PRIMARY KEY, prefix TEXT NOT NULL UNIQUE, hash {blob} NOT NULL "
    "UNIQUE, "
    "user_id {id} NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, accounts TEXT, created {id} "
    "NOT NULL, "
    "expires {id} NOT NULL, last_used {id}, revoked {id})",
    "CREATE TABLE sessions (hash {blob} PRIMARY KEY, user_id {id} NOT NULL, token_id {id}, "
    "created {id} NOT NULL, last_used {id} NOT NULL, expires {id} NOT NULL)",

    // Work that outlives the request that asked for it. progress and result: JSON.
    "CREATE TABLE jobs (id {id} PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, account_id "
    "{id}, "
    "actor TEXT NOT NULL, created {id} NOT NULL, started {id}, finished {id}, progress TEXT NOT "
    "NULL, "
    "result TEXT NOT NULL, error TEXT NOT NULL, cancel_asked {id} NOT NULL)",
    "CREATE INDEX jobs_by_state ON jobs (state)",

    // Sending. recipients and answers: canonical fields, see docs/formats.md.
    "CREATE TABLE submissions (position {id} PRIMARY KEY, outbox_id {id} NOT NULL UNIQUE, "
    "account_id {id} NOT NULL, original {blob} NOT NULL, digest {blob} NOT NULL, size {id} NOT "
    "NULL, "
    "envelope_from TEXT NOT NULL, recipients {blob} NOT NULL, actor TEXT NOT NULL, time {id} NOT "
    "NULL)",
    "CREATE INDEX submissions_by_digest ON submissions (digest)",
    "CREATE TABLE deliveries (position {id} PRIMARY KEY, outbox_id {id} NOT NULL, attempt {id} NOT "
    "NULL, "
    "state TEXT NOT NULL, server TEXT NOT NULL, answers {blob} NOT NULL, time {id} NOT NULL)",
    "CREATE INDEX deliveries_by_outbox ON deliveries (outbox_id)",
    "CREATE TABLE outbox (id {id} PRIMARY KEY, account_id {id} NOT NULL, state TEXT NOT NULL, "
    "attempts {id} NOT NULL, next_attempt {id} NOT NULL, detail TEXT NOT NULL, changed {id} NOT "
    "NULL, "
    "owner TEXT NOT NULL, idempotency_key TEXT NOT NULL, request_hash {blob} NOT NULL, "
    "UNIQUE (owner, idempotency_key))",
    "CREATE INDEX outbox_by_state ON outbox (state)",
};

}  // namespace mailkeep::store
