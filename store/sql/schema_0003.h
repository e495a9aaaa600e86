// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Schema 3: completeness as data. The words in braces are those of schema 1.
//
// Evidence: states, renames and deletions, and the mailbox id of a claim. Working state, derived
// and checked by verify: the segments (an epoch's cursor and the server's set, in pieces, so that
// a batch rewrites only those that it touches), server_uidls, and the name of an epoch.

#include <array>
#include <string_view>

namespace mailkeep::store {

inline constexpr std::array<std::string_view, 17> kSchema3Ledger = {
    "CREATE TABLE covered_segments (epoch_id {id} NOT NULL, segment {id} NOT NULL, "
    "archived_uids {blob} NOT NULL, excluded_uids {blob} NOT NULL, gone_uids {blob} NOT NULL, "
    "PRIMARY KEY (epoch_id, segment))",
    "CREATE TABLE server_segments (epoch_id {id} NOT NULL, segment {id} NOT NULL, "
    "uids {blob} NOT NULL, PRIMARY KEY (epoch_id, segment))",
    "CREATE TABLE server_uidls (epoch_id {id} PRIMARY KEY, uidls {blob} NOT NULL)",

    // name: the folder's name now; named_position: where the log gave it. listed: when all UIDs
    // were last listed. rules: the fingerprint that excluded UIDs were decided under, empty without
    // any.
    "ALTER TABLE epochs ADD COLUMN name {blob}",
    "ALTER TABLE epochs ADD COLUMN named_position {id}",
    "ALTER TABLE epochs ADD COLUMN listed {id}",
    "ALTER TABLE epochs ADD COLUMN rules TEXT NOT NULL DEFAULT ''",
    "UPDATE epochs SET name = folder, named_position = position, listed = checked",
    "CREATE INDEX epochs_by_name ON epochs (account_id, name, named_position)",
    "CREATE INDEX outcomes_by_epoch ON outcomes (epoch_id, position)",
    "ALTER TABLE claims ADD COLUMN mailbox_id TEXT NOT NULL DEFAULT ''",

    "CREATE TABLE states (position {id} PRIMARY KEY, epoch_id {id} NOT NULL, changes {blob} NOT "
    "NULL, time {id} NOT NULL)",
    "CREATE INDEX states_by_epoch ON states (epoch_id, position)",
    "CREATE TABLE renames (position {id} PRIMARY KEY, epoch_id {id} NOT NULL, folder {blob} NOT "
    "NULL, time {id} NOT NULL)",
    "CREATE INDEX renames_by_epoch ON renames (epoch_id, position)",
    "CREATE TABLE deletions (position {id} PRIMARY KEY, epoch_id {id} NOT NULL, state TEXT NOT "
    "NULL, uids TEXT NOT NULL, uidls {blob} NOT NULL, detail TEXT NOT NULL, time {id} NOT NULL)",
    "CREATE INDEX deletions_by_epoch ON deletions (epoch_id, position)",
};

// What was learnt of mail servers: no evidence, and it expires.
inline constexpr std::array<std::string_view, 1> kSchema3Memory = {
    "CREATE TABLE server_traits (host TEXT NOT NULL, port {id} NOT NULL, trait TEXT NOT NULL, "
    "value TEXT NOT NULL, until_time {id} NOT NULL, PRIMARY KEY (host, port, trait))",
};

// After the segments were filled from what schema 2 held.
inline constexpr std::array<std::string_view, 2> kSchema3LedgerEnd = {
    "ALTER TABLE epochs DROP COLUMN covered",
    "ALTER TABLE epochs DROP COLUMN server_set",
};

}  // namespace mailkeep::store
