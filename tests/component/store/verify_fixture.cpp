// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/component/store/verify_fixture.h"

#include <fmt/format.h>

#include "common/encoding.h"
#include "store/checkpoints.h"
#include "store/journal.h"

namespace mailkeep::store {

void VerifyFixture::SetUp() {
  LedgerFixture::SetUp();
  const AccountId anna = add_account("anna");
  const AccountId carl = add_account("carl", Protocol::Pop3);
  const Epoch first = open(anna, "INBOX", 7);
  const Epoch second = open(anna, "INBOX", 8);
  const Epoch box = open(carl, "INBOX", 0);
  Claim claim;
  claim.epoch = first.id;
  claim.uids = uids("1:3,9:10");
  claim.exists = 5;
  claim.uidnext = 31;
  claim.highestmodseq = 5;
  ASSERT_OK(ledger().record_claim(claim));

  clock_.time += 1'000'000;
  large_ = common::random_bytes(1U << 20U) + std::string((1U << 20U) + 9, 'x');
  one_id_ = common::Sha256::of("one").hex();
  large_id_ = common::Sha256::of(large_).hex();
  Batch batch =
      batch_of(first.id, imap_message(1, "one"), imap_message(2, large_), imap_message(3, ""));
  batch.outcomes.push_back(outcome(UidState::Failed, kReasonRefused, "9:10"));
  batch.outcomes.push_back(outcome(UidState::Excluded, "folder-excluded", "20"));
  batch.outcomes.push_back(outcome(UidState::Vanished, "gone", "30"));
  seal(std::move(batch));
  seal(batch_of(first.id, imap_message(1, "one, but other")));
  seal(batch_of(second.id, imap_message(1, "one")));
  Batch popped = batch_of(box.id, pop3_message("a", "pop"));
  popped.outcomes.push_back(outcome_of_uidl(UidState::Failed, kReasonTooLarge, "x"));
  seal(std::move(popped));
  Claim uidls;
  uidls.epoch = box.id;
  uidls.uidls = {"a", "x"};
  uidls.exists = 2;
  ASSERT_OK(ledger().record_claim(uidls));
  ASSERT_OK(Journal(archive()).record_event("start", "fetch"));
  ASSERT_OK(Accounts(archive()).set_state(carl, AccountState::Paused));
  ASSERT_OK(sign_checkpoint(archive()));
  ASSERT_OK(Journal(archive()).record_event("stop", "fetch"));
  ASSERT_OK(sign_checkpoint(archive()));
  claim.uidnext = 32;
  ASSERT_OK(ledger().record_claim(claim));
  ASSERT_EQ(number_of("SELECT size FROM log_head"), 21);
}

namespace {

template <class Visit>
void each_kept_table(const Visit& visit) {
  for (const std::string_view table : kEvidenceTables) visit(table);
  for (const std::string_view table : kOutboxTables) visit(table);
  for (const std::string_view table : kStateTables) visit(table);
}

}  // namespace

void VerifyFixture::keep_tables() {
  std::string sql;
  each_kept_table([&](std::string_view table) {
    sql += fmt::format("CREATE TABLE kept_{} AS SELECT * FROM {};", table, table);
  });
  raw_sql(sql);
}

void VerifyFixture::restore_tables() {
  std::string sql = "BEGIN;";
  each_kept_table([&](std::string_view table) {
    sql +=
        fmt::format("DELETE FROM {}; INSERT INTO {} SELECT * FROM kept_{};", table, table, table);
  });
  raw_sql(sql + "COMMIT;");
}

void VerifyFixture::expect_fault(std::string_view kind, std::string_view id) {
  std::string found;
  for (const Fault& fault : faults()) {
    if (fault.kind == kind && fault.id == id) return;
    found += "\n  " + fault.kind + " " + fault.id + ": " + fault.detail;
  }
  ADD_FAILURE() << "expected " << kind << " " << id << ", found:" << found;
}

std::vector<std::string> VerifyFixture::columns_of(std::string_view table) {
  const std::string sql =
      is_sqlite() ? "SELECT name FROM pragma_table_info($1)"
                  : "SELECT column_name FROM information_schema.columns WHERE table_name = $1";
  std::vector<std::string> columns;
  auto reading = database().begin_read();
  EXPECT_TRUE(reading);
  const auto done = (*reading)->connection().query(sql, {std::string(table)}, [&](const Row& row) {
    columns.emplace_back(row.text(0));
    return common::Status();
  });
  EXPECT_TRUE(done) << done.error().text;
  return columns;
}

void VerifyFixture::expect_named(const std::string& sql, std::initializer_list<Value> parameters,
                                 const std::string& kind, const std::string& id) {
  SCOPED_TRACE(sql);
  ASSERT_GE(change(sql, parameters), 1);
  expect_fault(kind, id);
  restore_tables();
}

// Parameters only where the statement names them: the drivers take exactly as many.
void VerifyFixture::expect_named(const Edit& edit) {
  const std::string sql =
      fmt::format("UPDATE {} SET {} = {} WHERE {}", edit.table, edit.column, edit.set, edit.where);
  const Value forged = Blob{"forged"};
  const Value one = Blob{*common::from_hex(one_id_)};
  const bool has_forged = sql.find("$1") != std::string::npos;
  const bool has_one = sql.find("$2") != std::string::npos;
  if (has_forged && has_one) return expect_named(sql, {forged, one}, edit.kind, edit.id);
  if (has_forged) return expect_named(sql, {forged}, edit.kind, edit.id);
  if (!has_one) return expect_named(sql, {}, edit.kind, edit.id);
  std::string renumbered = sql;
  renumbered.replace(renumbered.find("$2"), 2, "$1");
  expect_named(renumbered, {one}, edit.kind, edit.id);
}

std::set<std::string> VerifyFixture::columns_of_all(std::span<const std::string_view> tables) {
  std::set<std::string> columns;
  for (const std::string_view table : tables) {
    for (const std::string& column : columns_of(table))
      columns.insert(fmt::format("{}.{}", table, column));
  }
  return columns;
}

std::set<std::string> VerifyFixture::columns_in(const std::vector<Edit>& edits) {
  std::set<std::string> columns;
  for (const Edit& edit : edits) columns.insert(edit.table + "." + edit.column);
  return columns;
}

}  // namespace mailkeep::store
