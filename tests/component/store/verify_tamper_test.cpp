// SPDX-License-Identifier: GPL-3.0-or-later
// An attacker with the database's password edits, deletes, inserts and reorders rows. Each act must
// be named by kind and record, and nothing may be named once it is undone.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/encoding.h"
#include "store/log/entry.h"
#include "store/log/facts.h"
#include "store/log/merkle.h"
#include "store/lookup.h"
#include "tests/component/store/verify_fixture.h"

namespace mailkeep::store {
namespace {

class VerifyTamper : public VerifyFixture {
 protected:
  void SetUp() override {
    VerifyFixture::SetUp();
    keep_tables();
    expect_sound();
  }

  std::vector<Edit> edits();
};
MAILKEEP_BOTH_ENGINES(VerifyTamper);

std::vector<Edit> VerifyTamper::edits() {
  const std::string forged_id = common::to_hex("forged");
  const std::string one = "digest = $2";
  return {
      {"contents", "digest", "$1", one, "content-unlogged", forged_id},
      {"contents", "digest", "$1", one, "content-missing", one_id_},
      {"contents", "size", "4", one, "content-altered", one_id_},
      {"contents", "size", "-3", one, "content-altered", one_id_},
      {"contents", "size", "9000000000000000000", one, "content-altered", one_id_},
      {"contents", "chunk_count", "2", one, "content-altered", one_id_},
      {"chunks", "digest", "$1", one, "chunk-unowned", forged_id + "/0"},
      {"chunks", "seq", "5", one, "content-altered", one_id_},
      {"chunks", "seq", "-1", one, "content-altered", one_id_},
      {"chunks", "codec", "1", one, "content-altered", one_id_},
      {"chunks", "codec", "7", one, "content-altered", one_id_},
      {"chunks", "plain_size", "2", one, "content-altered", one_id_},
      {"chunks", "plain_size", "-1", one, "content-altered", one_id_},
      {"chunks", "data", "$1", one, "content-altered", one_id_},
      {"chunks", "data", "$1", "seq = 1", "content-altered", large_id_},

      {"log_entries", "position", "99", "position = 6", "entry-missing", "6"},
      {"log_entries", "position", "-1", "position = 6", "entry-added", "-1"},
      {"log_entries", "entry", "$1", "position = 6", "entry-altered", "6"},
      {"log_entries", "leaf_hash", "$1", "position = 6", "entry-altered", "6"},
      {"log_salts", "position", "99", "position = 6", "salt-missing", "6"},
      {"log_salts", "position", "99", "position = 6", "salt-unlogged", "99"},
      {"log_salts", "salt", "$1", "position = 6", "salt-altered", "6"},
      {"log_head", "one", "2", "one = 1", "head-differs", "log_head"},
      {"log_head", "size", "20", "one = 1", "head-differs", "log_head"},
      {"log_head", "size", "-1", "one = 1", "head-differs", "log_head"},
      {"log_head", "frontier", "$1", "one = 1", "head-differs", "log_head"},
      {"checkpoints", "size", "18", "size = 19", "checkpoint-altered", "18"},
      {"checkpoints", "size", "-1", "size = 19", "checkpoint-altered", "-1"},
      {"checkpoints", "note", "'forged'", "size = 19", "checkpoint-altered", "19"},
      {"checkpoints", "note", "replace(note, 'time 1', 'time 2')", "size = 20",
       "checkpoint-altered", "20"},

      {"events", "position", "99", "position = 17", "event-missing", "17"},
      {"events", "kind", "13", "position = 17", "event-altered", "17"},
      {"events", "fact_text", "$1", "position = 17", "event-altered", "17"},
      {"events", "time", "time + 1", "position = 17", "event-altered", "17"},

      {"accounts", "id", "9", "id = 1", "account-missing", "1"},
      {"accounts", "id", "9", "id = 1", "account-unlogged", "9"},
      {"accounts", "name", "'forged'", "id = 1", "account-altered", "1"},
      {"accounts", "state", "'removed'", "id = 1", "account-altered", "1"},
      {"accounts", "protocol", "'pop3'", "id = 1", "account-altered", "1"},
      {"accounts", "tls", "'none'", "id = 1", "account-altered", "1"},
      {"accounts", "host", "'evil.example'", "id = 1", "account-altered", "1"},
      {"accounts", "port", "143", "id = 1", "account-altered", "1"},
      {"accounts", "user_name", "'forged'", "id = 1", "account-altered", "1"},
      {"accounts", "ca_file", "'/forged'", "id = 1", "account-altered", "1"},
      {"accounts", "custodian", "'forged'", "id = 1", "account-altered", "1"},
      {"accounts", "address", "'forged'", "id = 1", "account-altered", "1"},
      {"accounts", "include_globs", "''", "id = 1", "account-altered", "1"},
      {"accounts", "exclude_globs", "'*'", "id = 1", "account-altered", "1"},
      {"accounts", "delete_after_days", "0", "id = 1", "account-altered", "1"},
      {"accounts", "delete_after_days", "NULL", "id = 1", "account-altered", "1"},
      {"accounts", "smtp_url", "'smtp://evil.example'", "id = 1", "account-altered", "1"},
      {"accounts", "options", "'send_budget=9'", "id = 1", "account-altered", "1"},
      {"accounts", "created", "created - 1", "id = 1", "account-altered", "1"},
      {"accounts", "version_position", "1", "id = 2", "account-altered", "2"},
      {"account_versions", "position", "99", "position = 18", "account-version-missing", "18"},
      {"account_versions", "account_id", "1", "position = 18", "account-version-altered", "18"},
      {"account_versions", "fact", "$1", "position = 18", "account-version-altered", "18"},

      {"epochs", "id", "9", "id = 1", "epoch-altered", "2"},
      {"epochs", "position", "99", "id = 1", "epoch-missing", "2"},
      {"epochs", "account_id", "2", "id = 1", "epoch-altered", "2"},
      {"epochs", "folder", "$1", "id = 1", "epoch-altered", "2"},
      {"epochs", "number", "5", "id = 1", "epoch-altered", "2"},
      {"epochs", "number", "4294967297", "id = 1", "epoch-altered", "2"},
      {"epochs", "uidvalidity", "8", "id = 1", "epoch-altered", "2"},
      {"epochs", "opened", "opened + 1", "id = 1", "epoch-altered", "2"},
      {"epochs", "name", "$1", "id = 1", "epoch-name-differs", "1"},
      {"epochs", "name", "NULL", "id = 1", "epoch-name-differs", "1"},
      {"epochs", "named_position", "99", "id = 1", "epoch-name-differs", "1"},
      {"epochs", "rules", "''", "id = 1", "cursor-rules", "1"},
      {"epochs", "claim_position", "5", "id = 1", "server-set-differs", "1"},
      {"epochs", "claim_position", "NULL", "id = 1", "server-set-differs", "1"},

      {"sightings", "position", "99", "position = 6", "sighting-missing", "6"},
      {"sightings", "position", "99", "position = 6", "sighting-unlogged", "99"},
      {"sightings", "position", "7", "position = 14", "sighting-unlogged", "7"},
      {"sightings", "account_id", "2", "position = 6", "sighting-altered", "6"},
      {"sightings", "epoch_id", "3", "position = 6", "sighting-altered", "6"},
      {"sightings", "uid", "77", "position = 6", "sighting-altered", "6"},
      {"sightings", "uid", "NULL", "position = 6", "sighting-altered", "6"},
      {"sightings", "uid", "0", "position = 14", "sighting-altered", "14"},
      {"sightings", "uid", "4294967297", "position = 6", "sighting-altered", "6"},
      {"sightings", "uidl", "$1", "position = 14", "sighting-altered", "14"},
      {"sightings", "version", "9", "position = 6", "sighting-altered", "6"},
      {"sightings", "digest", "$1", "position = 6", "sighting-altered", "6"},
      {"sightings", "size", "4", "position = 6", "sighting-altered", "6"},
      {"sightings", "internal_date", "$1", "position = 6", "sighting-altered", "6"},
      {"sightings", "flags", "$1", "position = 6", "sighting-altered", "6"},
      {"sightings", "announced_size", "0", "position = 14", "sighting-altered", "14"},
      {"sightings", "announced_size", "NULL", "position = 6", "sighting-altered", "6"},
      {"sightings", "seen", "seen - 1", "position = 6", "sighting-altered", "6"},
      {"sightings", "kind", "2", "position = 6", "sighting-altered", "6"},
      {"sightings", "kind", "257", "position = 6", "sighting-altered", "6"},

      {"outcomes", "position", "99", "position = 9", "outcome-missing", "9"},
      {"outcomes", "epoch_id", "2", "position = 9", "outcome-altered", "9"},
      {"outcomes", "state", "'excluded'", "position = 9", "outcome-altered", "9"},
      {"outcomes", "reason", "'forged'", "position = 9", "outcome-altered", "9"},
      {"outcomes", "uids", "'9'", "position = 9", "outcome-altered", "9"},
      {"outcomes", "uidl", "$1", "position = 15", "outcome-altered", "15"},
      {"outcomes", "time", "time + 1", "position = 9", "outcome-altered", "9"},

      {"claims", "position", "99", "position = 5", "claim-missing", "5"},
      {"claims", "epoch_id", "2", "position = 5", "claim-altered", "5"},
      {"claims", "exists_count", "4", "position = 5", "claim-altered", "5"},
      {"claims", "uidnext", "32", "position = 5", "claim-altered", "5"},
      {"claims", "uidnext", "4294967327", "position = 5", "claim-altered", "5"},
      {"claims", "highestmodseq", "6", "position = 5", "claim-altered", "5"},
      {"claims", "set_hash", "$1", "position = 5", "claim-altered", "5"},
      {"claims", "time", "time + 1", "position = 5", "claim-altered", "5"},
      {"claims", "mailbox_id", "'forged'", "position = 5", "claim-altered", "5"},
  };
}

TEST_P(VerifyTamper, NamesAnEditInEveryColumnOfEvidence) {
  for (const Edit& edit : edits()) expect_named(edit);
  expect_sound();
}

TEST_P(VerifyTamper, HasAnEditForEveryColumnThatIsNotWorkingState) {
  std::set<std::string> wanted = columns_of_all(kEvidenceTables);
  for (const char* working : {"accounts.secret", "accounts.secret_key_id", "accounts.smtp_secret",
                              "accounts.smtp_secret_key_id", "epochs.checked", "epochs.listed"})
    ASSERT_EQ(wanted.erase(working), 1U) << working;
  const std::set<std::string> edited = columns_in(edits());

  EXPECT_EQ(edited, wanted);
}

TEST_P(VerifyTamper, NamesEveryRowThatIsDeleted) {
  const auto positions = [&](std::string_view table) {
    std::vector<std::int64_t> found;
    auto reading = database().begin_read();
    EXPECT_TRUE(reading);
    const auto done = (*reading)->connection().query(
        fmt::format("SELECT position FROM {} ORDER BY position", table), {}, [&](const Row& row) {
          found.push_back(row.integer(0));
          return common::Status();
        });
    EXPECT_TRUE(done);
    return found;
  };
  for (const auto& [table, kind] : std::vector<std::pair<std::string, std::string>>{
           {"sightings", "sighting-missing"},
           {"outcomes", "outcome-missing"},
           {"events", "event-missing"},
           {"account_versions", "account-version-missing"},
           {"epochs", "epoch-missing"},
           {"claims", "claim-missing"},
           {"log_salts", "salt-missing"}}) {
    for (const std::int64_t position : positions(table))
      expect_named(fmt::format("DELETE FROM {} WHERE position = {}", table, position), {}, kind,
                   std::to_string(position));
  }
  for (int position = 0; position < 20; ++position)
    expect_named(fmt::format("DELETE FROM log_entries WHERE position = {}", position), {},
                 "entry-missing", std::to_string(position));
  expect_named("DELETE FROM log_entries WHERE position = 20", {}, "claim-unlogged", "20");
  expect_named("DELETE FROM log_entries WHERE position IN (8, 9, 10)", {}, "entry-missing", "8-10");
  expect_named("DELETE FROM log_head", {}, "head-differs", "log_head");
  expect_named("DELETE FROM accounts WHERE id = 2", {}, "account-missing", "2");
  expect_named("DELETE FROM chunks WHERE seq = 1", {}, "content-altered", large_id_);
  expect_named("DELETE FROM chunks WHERE seq = 2", {}, "content-altered", large_id_);
  expect_named("DELETE FROM contents WHERE size = 3 AND digest = $1",
               {Blob{*common::from_hex(one_id_)}}, "content-missing", one_id_);
  expect_sound();
}

TEST_P(VerifyTamper, NamesRowsThatWereAdded) {
  const Value digest = Blob{std::string(32, 'z')};
  const std::string digest_id = common::to_hex(std::string(32, 'z'));
  const Value bytes = Blob{"zzz"};

  expect_named("INSERT INTO contents VALUES ($1, 0, 0)", {digest}, "content-unlogged", digest_id);
  expect_named("INSERT INTO chunks VALUES ($1, 3, 0, 3, $2)", {digest, bytes}, "chunk-unowned",
               digest_id + "/3");
  expect_named("INSERT INTO chunks SELECT digest, 3, 0, 0, $1 FROM chunks WHERE seq = 2", {Blob{}},
               "content-altered", large_id_);
  expect_named(
      "INSERT INTO log_entries SELECT 21, entry, leaf_hash FROM log_entries WHERE position = 9", {},
      "outcome-missing", "21");
  expect_named("INSERT INTO log_entries VALUES (500, $1, $2)", {bytes, digest}, "entry-missing",
               "21-499");
  expect_named("INSERT INTO log_salts VALUES (21, $1)", {digest}, "salt-unlogged", "21");
  expect_named("INSERT INTO log_head VALUES (2, 0, $1)", {Blob{}}, "head-differs", "log_head");
  expect_named("INSERT INTO checkpoints SELECT 5, note FROM checkpoints WHERE size = 19", {},
               "checkpoint-altered", "5");
  expect_named("INSERT INTO events VALUES (21, 12, $1, 5)", {bytes}, "event-unlogged", "21");
  expect_named("INSERT INTO events VALUES (6, 12, $1, 5)", {bytes}, "event-unlogged", "6");
  expect_named(
      "INSERT INTO account_versions SELECT 21, account_id, fact FROM account_versions "
      "WHERE position = 0",
      {}, "account-version-unlogged", "21");
  expect_named(
      "INSERT INTO epochs SELECT 9, 21, account_id, folder, 9, 9, opened, NULL, NULL, folder, 21, "
      "NULL, '' "
      "FROM epochs WHERE id = 1",
      {}, "epoch-unlogged", "21");
  expect_named(
      "INSERT INTO sightings SELECT 21, account_id, epoch_id, 55, uidl, version, digest, size, "
      "internal_date, flags, announced_size, seen, kind FROM sightings WHERE position = 6",
      {}, "sighting-unlogged", "21");
  expect_named(
      "INSERT INTO sightings SELECT position, 2, epoch_id, uid, uidl, version, digest, size, "
      "internal_date, flags, announced_size, seen, kind FROM sightings WHERE position = 6",
      {}, "sighting-unlogged", "6");
  expect_named(
      "INSERT INTO outcomes SELECT 21, epoch_id, 'excluded', reason, '50', uidl, time "
      "FROM outcomes WHERE position = 9",
      {}, "outcome-unlogged", "21");
  expect_named(
      "INSERT INTO claims SELECT 21, epoch_id, 1, 1, 1, set_hash, time, '' FROM claims "
      "WHERE position = 5",
      {}, "claim-unlogged", "21");
  expect_named(
      "INSERT INTO accounts (id, name, state, protocol, tls, host, port, user_name, ca_file, "
      "custodian, address, include_globs, exclude_globs, smtp_url, created, version_position) "
      "SELECT 9, 'eve', state, protocol, tls, host, port, user_name, ca_file, custodian, "
      "address, include_globs, exclude_globs, smtp_url, created, version_position "
      "FROM accounts WHERE id = 1",
      {}, "account-unlogged", "9");
  expect_sound();
}

TEST_P(VerifyTamper, NamesRowsThatChangedPlaces) {
  // Swaps two rows' places by way of a third that is free.
  const auto swap = [&](const std::string& table, const std::string& key, int a, int b) {
    for (const auto& [from, to] : {std::pair{a, 1000}, std::pair{b, a}, std::pair{1000, b}})
      change(fmt::format("UPDATE {} SET {} = {} WHERE {} = {}", table, key, to, key, from));
  };
  const auto expect_swap_named = [&](const std::string& table, const std::string& key, int a, int b,
                                     const std::string& kind, const std::string& id) {
    SCOPED_TRACE(fmt::format("{} {} {}", table, a, b));
    swap(table, key, a, b);
    expect_fault(kind, id);
    restore_tables();
  };
  expect_swap_named("log_entries", "position", 6, 7, "sighting-altered", "6");
  expect_swap_named("log_entries", "position", 6, 7, "head-differs", "log_head");
  expect_swap_named("log_entries", "position", 6, 7, "checkpoint-differs", "19");
  expect_swap_named("log_entries", "position", 6, 9, "sighting-unlogged", "6");
  expect_swap_named("log_salts", "position", 6, 9, "sighting-altered", "6");
  expect_swap_named("sightings", "position", 6, 7, "sighting-altered", "7");
  expect_swap_named("outcomes", "position", 9, 10, "outcome-altered", "9");
  expect_swap_named("events", "position", 17, 19, "event-altered", "19");
  expect_swap_named("account_versions", "position", 0, 1, "account-version-altered", "1");
  expect_swap_named("epochs", "position", 2, 3, "epoch-altered", "2");
  expect_swap_named("epochs", "id", 1, 2, "server-set-differs", "2");
  expect_swap_named("claims", "position", 5, 16, "claim-altered", "16");
  expect_swap_named("chunks", "seq", 1, 2, "content-altered", large_id_);
  expect_swap_named("checkpoints", "size", 19, 20, "checkpoint-altered", "20");

  // All that belongs to two positions changes places together: only the tree can tell.
  for (const char* table : {"log_entries", "log_salts", "sightings"}) swap(table, "position", 6, 7);
  expect_fault("head-differs", "log_head");
  expect_fault("checkpoint-differs", "19");
  restore_tables();
  expect_sound();
}

// The attacker knows the program: fact, salt, entry, leaf hash and head all agree again.
class VerifyForgery : public VerifyTamper {
 protected:
  void rebuild_head(std::int64_t size) {
    Frontier frontier;
    {
      auto reading = database().begin_read();
      ASSERT_TRUE(reading);
      const auto done = (*reading)->connection().query(
          "SELECT leaf_hash FROM log_entries WHERE position < $1 ORDER BY position", {size},
          [&](const Row& row) {
            frontier.append(*common::Digest::from_bytes(row.bytes(0)));
            return common::Status();
          });
      ASSERT_TRUE(done);
    }
    change("UPDATE log_head SET size = $1, frontier = $2", {size, Blob{frontier.encode()}});
  }
};
MAILKEEP_BOTH_ENGINES(VerifyForgery);

TEST_P(VerifyForgery, OfAFactIsToldByTheCheckpoints) {
  const std::string salt(32, 's');
  const EventFact fact{EntryKind::Start, "forged", 1};
  const std::string entry =
      encode(commit_to(EntryKind::Start, 1, std::nullopt, encode(fact), salt));
  change("UPDATE events SET fact_text = $1, time = 1 WHERE position = 17", {blob("forged")});
  change("UPDATE log_salts SET salt = $1 WHERE position = 17", {blob(salt)});
  change("UPDATE log_entries SET entry = $1, leaf_hash = $2 WHERE position = 17",
         {blob(entry), blob(leaf_hash(entry).view())});
  expect_fault("head-differs", "log_head");
  rebuild_head(21);

  const auto found = faults();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind + " " + found[0].id, "checkpoint-differs 19");
  EXPECT_EQ(found[1].kind + " " + found[1].id, "checkpoint-differs 20");
}

TEST_P(VerifyForgery, OfTheLogsEndIsToldByTheCheckpoints) {
  for (const char* table : {"log_entries", "log_salts", "events", "claims"})
    change(fmt::format("DELETE FROM {} WHERE position >= 19", table));
  change("UPDATE epochs SET claim_position = 5 WHERE id = 1");
  rebuild_head(19);

  const auto found = faults();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind + " " + found[0].id, "checkpoint-differs 20");
}

TEST_P(VerifyForgery, OfTypesIsToldBySqlite) {
  if (!is_sqlite()) {
    // PostgreSQL itself refuses a value of another type.
    EXPECT_THROW(change("UPDATE epochs SET rules = 5, number = 'x'"), std::runtime_error);
    return;
  }
  int edited = 0;
  for (const std::string_view table : kEvidenceTables) {
    for (const std::string& column : columns_of(table)) {
      if (column.find("secret") != std::string::npos || column == "checked" || column == "listed")
        continue;
      const std::string old_type = fmt::format(
          "(SELECT CASE typeof({0}) WHEN 'blob' THEN CAST({0} AS TEXT) ELSE x'61ff' END)", column);
      const std::string sql =
          fmt::format("UPDATE {0} SET {1} = {2} WHERE rowid = (SELECT MAX(rowid) FROM {0})", table,
                      column, old_type);
      SCOPED_TRACE(sql);
      try {
        change(sql);
      } catch (const std::runtime_error&) {
        continue;  // a key of the table itself, which SQLite holds to its type
      }
      ++edited;
      const auto found = faults();
      EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const Fault& fault) {
        return fault.kind == "value-malformed" &&
               fault.detail.find(" " + column) != std::string::npos;
      }));
      restore_tables();
    }
  }
  EXPECT_GT(edited, 60);
  expect_sound();
}

}  // namespace
}  // namespace mailkeep::store
