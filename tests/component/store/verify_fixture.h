// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// VerifyFixture: an archive with something of everything in it, at known log positions.
//
//    0  config       anna (IMAP)          11  gap: 30 vanished
//    1  config       carl (POP3)          12  version: uid 1 in epoch 1
//    2  epoch 1      anna INBOX           13  seen-again: uid 1 in epoch 2
//    3  epoch 2      anna INBOX again     14  archived: uidl a in epoch 3
//    4  epoch 3      carl INBOX           15  gap: uidl x failed
//    5  claim        epoch 1              16  claim: epoch 3
//    6  archived     uid 1, "one"         17  start
//    7  archived     uid 2, three chunks  18  config: carl paused
//    8  archived     uid 3, no bytes          checkpoint of 19 entries
//    9  gap: 9:10 failed                  19  stop
//   10  gap: 20 excluded                      checkpoint of 20 entries
//                                         20  claim: epoch 1

#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {

// What an attacker writes into one column, and the fault that it must be named by.
struct Edit {
  std::string table;
  std::string column;
  std::string set;    // the right side of the assignment; $1 is a blob of the bytes "forged"
  std::string where;  // $2 is the digest of "one"
  std::string kind;
  std::string id;
};

class VerifyFixture : public LedgerFixture {
 protected:
  void SetUp() override;

  // Copies of all tables, and all of them put back.
  void keep_tables();
  void restore_tables();

  // True, and quiet, if there is such a fault; else the test fails and shows what there is.
  void expect_fault(std::string_view kind, std::string_view id);
  std::vector<std::string> columns_of(std::string_view table);

  // The statement changes something, that is named, and all tables are put back.
  void expect_named(const std::string& sql, std::initializer_list<Value> parameters,
                    const std::string& kind, const std::string& id);
  void expect_named(const Edit& edit);
  // "table.column" for each column of the tables, and for each that is edited.
  std::set<std::string> columns_of_all(std::span<const std::string_view> tables);
  static std::set<std::string> columns_in(const std::vector<Edit>& edits);

  std::string large_;
  std::string one_id_;    // hex of the digest of "one"
  std::string large_id_;  // hex
};

// The tables of evidence and of what is derived from it.
inline constexpr std::string_view kEvidenceTables[] = {
    "contents", "chunks",           "log_entries", "log_salts", "log_head", "checkpoints", "events",
    "accounts", "account_versions", "epochs",      "sightings", "outcomes", "claims"};

// What is sent, with a fixture and edits of its own (verify_outbox_test.cpp).
inline constexpr std::string_view kOutboxTables[] = {"submissions", "deliveries", "outbox"};

// Cursors, servers' sets and states, likewise (verify_states_test.cpp).
inline constexpr std::string_view kStateTables[] = {
    "covered_segments", "server_segments", "server_uidls", "states", "renames", "deletions"};

}  // namespace mailkeep::store
