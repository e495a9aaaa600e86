// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Schema 1, the same on both engines. A driver replaces the words in braces: {blob} {id} ({id}:
// 64-bit integer). Bytes are keyed by digest, sightings by account, with no foreign key between the
// two groups, so that the tables can be distributed by those keys when one machine is outgrown.
//
// Evidence (never updated, never deleted but by disposal): contents, chunks, log_entries,
// log_salts, sightings, outcomes, events, account_versions, claims, checkpoints, and the founding
// columns of epochs and accounts. Working state (derived, checked by verify): log_head,
// epochs.covered, accounts' other columns, passes, attempts.

#include <array>
#include <string_view>

namespace mailkeep::store {

inline constexpr std::array<std::string_view, 18> kSchema1 = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",

    // Bytes. codec: 0 raw, 1 one zstd frame. A chunk holds at most 1 MiB of plain bytes.
    "CREATE TABLE contents (digest {blob} PRIMARY KEY, size {id} NOT NULL, chunk_count {id} NOT "
    "NULL)",
    "CREATE TABLE chunks (digest {blob} NOT NULL, seq {id} NOT NULL, codec {id} NOT NULL, "
    "plain_size {id} NOT NULL, data {blob} NOT NULL, PRIMARY KEY (digest, seq))",

    // The log. Exactly one row in log_head (one = 1); it is locked last in each sealing
    // transaction.
    "CREATE TABLE log_entries (position {id} PRIMARY KEY, entry {blob} NOT NULL, "
    "leaf_hash {blob} NOT NULL)",
    "CREATE TABLE log_salts (position {id} PRIMARY KEY, salt {blob} NOT NULL)",
    "CREATE TABLE log_head (one {id} PRIMARY KEY, size {id} NOT NULL, frontier {blob} NOT NULL)",
    "CREATE TABLE checkpoints (size {id} PRIMARY KEY, note TEXT NOT NULL)",
    "CREATE TABLE events (position {id} PRIMARY KEY, kind {id} NOT NULL, fact_text {blob} NOT "
    "NULL, "
    "time {id} NOT NULL)",

    // Accounts.
    "CREATE TABLE accounts (id {id} PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, "
    "protocol TEXT NOT NULL, tls TEXT NOT NULL, host TEXT NOT NULL, port {id} NOT NULL, "
    "user_name TEXT NOT NULL, ca_file TEXT NOT NULL, custodian TEXT NOT NULL, address TEXT NOT "
    "NULL, "
    "include_globs TEXT NOT NULL, exclude_globs TEXT NOT NULL, delete_after_days {id}, "
    "smtp_url TEXT NOT NULL, created {id} NOT NULL, secret {blob}, secret_key_id TEXT, "
    "version_position {id} NOT NULL)",
    "CREATE TABLE account_versions (position {id} PRIMARY KEY, account_id {id} NOT NULL, "
    "fact {blob} NOT NULL)",

    // Folders and what was seen in them.
    "CREATE TABLE epochs (id {id} PRIMARY KEY, position {id} NOT NULL, account_id {id} NOT NULL, "
    "folder {blob} NOT NULL, number {id} NOT NULL, uidvalidity {id} NOT NULL, opened {id} NOT "
    "NULL, "
    "covered TEXT NOT NULL, server_set {blob}, claim_position {id}, checked {id})",
    "CREATE TABLE sightings (position {id} NOT NULL, account_id {id} NOT NULL, epoch_id {id} NOT "
    "NULL, "
    "uid {id}, uidl {blob} NOT NULL, version {id} NOT NULL, digest {blob} NOT NULL, size {id} NOT "
    "NULL, "
    "internal_date {blob} NOT NULL, flags {blob} NOT NULL, announced_size {id}, seen {id} NOT "
    "NULL, "
    "kind {id} NOT NULL, PRIMARY KEY (account_id, position), UNIQUE (account_id, epoch_id, uid, "
    "version))",
    "CREATE INDEX sightings_by_position ON sightings (position)",
    "CREATE INDEX sightings_by_digest ON sightings (digest)",
    "CREATE TABLE outcomes (position {id} PRIMARY KEY, epoch_id {id} NOT NULL, state TEXT NOT "
    "NULL, "
    "reason TEXT NOT NULL, uids TEXT NOT NULL, uidl {blob} NOT NULL, time {id} NOT NULL)",
    "CREATE TABLE claims (position {id} PRIMARY KEY, epoch_id {id} NOT NULL, exists_count {id} NOT "
    "NULL, "
    "uidnext {id} NOT NULL, highestmodseq {id} NOT NULL, set_hash {blob} NOT NULL, time {id} NOT "
    "NULL)",

    // Working state of the fetcher. folders and troubles: canonical fields, see docs/formats.md.
    "CREATE TABLE passes (id {id} PRIMARY KEY, account_id {id} NOT NULL, started {id} NOT NULL, "
    "finished {id}, outcome TEXT, error TEXT, folders {blob}, troubles {blob})",
    "CREATE TABLE attempts (epoch_id {id} NOT NULL, uid {id} NOT NULL, uidl {blob} NOT NULL, "
    "attempts {id} NOT NULL, last {id} NOT NULL, PRIMARY KEY (epoch_id, uid, uidl))",
};

}  // namespace mailkeep::store
