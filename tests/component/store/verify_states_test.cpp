// SPDX-License-Identifier: GPL-3.0-or-later
// Cursors, servers' sets and states: an edit, a removal and an addition in each table is named.
//
//   21  claim     epoch 1: 1:2,9:10      24  rename    epoch 2
//   22  state     uid 3 gone             25  deletion  uid 3 intended
//   23  rename    epoch 1                26  deletion  uid 3 done
#include <gtest/gtest.h>

#include <set>

#include "store/lookup.h"
#include "store/uid_segments.h"
#include "tests/component/store/verify_fixture.h"

namespace mailkeep::store {
namespace {

class VerifyStates : public VerifyFixture {
 protected:
  void SetUp() override {
    VerifyFixture::SetUp();
    Claim claim;
    claim.epoch = EpochId{1};
    claim.uids = uids("1:2,9:10");
    claim.exists = 4;
    claim.uidnext = 32;
    claim.mailbox_id = "F2212ea87";
    ASSERT_OK(ledger().record_claim(claim));
    ASSERT_OK(ledger().rename_epoch(EpochId{2}, "Old"));
    Deletion deletion{EpochId{1}, DeletionState::Intended, uids("3"), {}, "after 30 days"};
    ASSERT_OK(ledger().record_deletion(deletion));
    deletion.state = DeletionState::Done;
    ASSERT_OK(ledger().record_deletion(deletion));
    ASSERT_EQ(number_of("SELECT size FROM log_head"), 27);
    keep_tables();
    expect_sound();
  }
};
MAILKEEP_BOTH_ENGINES(VerifyStates);

std::vector<Edit> edits() {
  return {
      {"covered_segments", "epoch_id", "3", "epoch_id = 1", "cursor-behind", "1"},
      {"covered_segments", "epoch_id", "77", "epoch_id = 1", "segment-unowned", "77"},
      {"covered_segments", "segment", "1", "epoch_id = 1", "cursor-ahead", "1"},
      {"covered_segments", "segment", "-1", "epoch_id = 1", "cursor-malformed", "1"},
      {"covered_segments", "segment", "65536", "epoch_id = 1", "cursor-malformed", "1"},
      {"covered_segments", "archived_uids", "$1", "epoch_id = 1", "cursor-malformed", "1"},
      {"covered_segments", "archived_uids", "excluded_uids", "epoch_id = 1", "cursor-ahead", "1"},
      {"covered_segments", "archived_uids", "gone_uids", "epoch_id = 1", "cursor-behind", "1"},
      {"covered_segments", "excluded_uids", "$1", "epoch_id = 1", "cursor-malformed", "1"},
      {"covered_segments", "excluded_uids", "gone_uids", "epoch_id = 1", "cursor-behind", "1"},
      {"covered_segments", "gone_uids", "$1", "epoch_id = 1", "cursor-malformed", "1"},
      {"covered_segments", "gone_uids", "archived_uids", "epoch_id = 1", "cursor-ahead", "1"},
      {"server_segments", "epoch_id", "2", "epoch_id = 1", "server-set-differs", "1"},
      {"server_segments", "epoch_id", "2", "epoch_id = 1", "server-set-differs", "2"},
      {"server_segments", "segment", "1", "epoch_id = 1", "server-set-differs", "1"},
      {"server_segments", "uids", "$1", "epoch_id = 1", "server-set-differs", "1"},
      {"server_uidls", "epoch_id", "1", "epoch_id = 3", "server-set-differs", "1"},
      {"server_uidls", "uidls", "$1", "epoch_id = 3", "server-set-differs", "3"},
      {"states", "position", "99", "position = 22", "state-missing", "22"},
      {"states", "epoch_id", "2", "position = 22", "state-altered", "22"},
      {"states", "changes", "$1", "position = 22", "state-altered", "22"},
      {"states", "time", "time + 1", "position = 22", "state-altered", "22"},
      {"renames", "position", "99", "position = 23", "rename-missing", "23"},
      {"renames", "epoch_id", "3", "position = 24", "rename-altered", "24"},
      {"renames", "epoch_id", "3", "position = 24", "epoch-name-differs", "3"},
      {"renames", "folder", "$1", "position = 24", "rename-altered", "24"},
      {"renames", "time", "time + 1", "position = 24", "rename-altered", "24"},
      {"deletions", "position", "99", "position = 26", "deletion-unlogged", "99"},
      {"deletions", "epoch_id", "2", "position = 26", "deletion-altered", "26"},
      {"deletions", "state", "'failed'", "position = 26", "deletion-altered", "26"},
      {"deletions", "uids", "'4'", "position = 26", "deletion-altered", "26"},
      {"deletions", "uidls", "$1", "position = 26", "deletion-altered", "26"},
      {"deletions", "detail", "'forged'", "position = 26", "deletion-altered", "26"},
      {"deletions", "time", "time + 1", "position = 26", "deletion-altered", "26"},
      {"claims", "mailbox_id", "''", "position = 21", "claim-altered", "21"},
  };
}

TEST_P(VerifyStates, NamesAnEditInEveryColumn) {
  for (const Edit& edit : edits()) expect_named(edit);
  expect_sound();
}

TEST_P(VerifyStates, HasAnEditForEveryColumn) {
  const std::set<std::string> wanted = columns_of_all(kStateTables);
  std::set<std::string> edited = columns_in(edits());
  edited.erase("claims.mailbox_id");

  EXPECT_EQ(edited, wanted);
}

TEST_P(VerifyStates, NamesRowsThatAreDeletedOrAdded) {
  expect_named("DELETE FROM states", {}, "state-missing", "22");
  expect_named("DELETE FROM renames WHERE position = 24", {}, "rename-missing", "24");
  expect_named("DELETE FROM deletions WHERE position = 25", {}, "deletion-missing", "25");
  expect_named("DELETE FROM covered_segments WHERE epoch_id = 1", {}, "cursor-behind", "1");
  expect_named("DELETE FROM server_segments", {}, "server-set-differs", "1");
  expect_named("DELETE FROM server_uidls", {}, "server-set-differs", "3");
  UidSet forged;
  forged.add(5);
  const Value bytes = blob(to_segments(forged).front().bytes);
  expect_named("INSERT INTO covered_segments VALUES (1, 7, $1, $2, $2)", {bytes, Blob{}},
               "cursor-ahead", "1");
  expect_named("INSERT INTO covered_segments VALUES (1, 7, $1, $1, $1)", {Blob{}},
               "cursor-malformed", "1");
  expect_named("INSERT INTO server_segments VALUES (1, 7, $1)", {bytes}, "server-set-differs", "1");
  expect_named("INSERT INTO server_segments VALUES (2, 7, $1)", {bytes}, "server-set-differs", "2");
  expect_named("INSERT INTO states VALUES (27, 1, $1, 5)", {Blob{}}, "state-unlogged", "27");
  expect_named("INSERT INTO renames VALUES (27, 1, $1, 5)", {Blob{"x"}}, "rename-unlogged", "27");
  expect_named("INSERT INTO deletions VALUES (27, 1, 'done', '9', $1, '', 5)", {Blob{}},
               "deletion-unlogged", "27");
  expect_sound();
}

}  // namespace
}  // namespace mailkeep::store
