// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/holds.h"

#include "store/journal.h"
#include "store/server_memory.h"
#include "store/verify.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

class HoldsTest : public LedgerFixture {
 protected:
  Holds holds() { return Holds(archive()); }
  bool is_held(AccountId account) { return holds().is_held(account).value(); }
  static Hold everything(std::string_view name) {
    Hold hold;
    hold.name = name;
    return hold;
  }
};
MAILKEEP_BOTH_ENGINES(HoldsTest);

TEST_P(HoldsTest, CoverWhatTheySayUntilTheLastIsReleased) {
  const AccountId anna = add_account("anna");
  const AccountId boris = add_account("boris");
  EXPECT_FALSE(is_held(anna));
  Hold one = everything("case 7");
  one.scope = HoldScope::Account;
  one.account = anna;
  ASSERT_TRUE(holds().add(one, "cli:root"));
  EXPECT_TRUE(is_held(anna));
  EXPECT_FALSE(is_held(boris));
  ASSERT_TRUE(holds().add(everything("audit"), "cli:root"));
  EXPECT_TRUE(is_held(boris));
  ASSERT_TRUE(holds().release("audit", "cli:rita"));
  EXPECT_TRUE(is_held(anna));
  EXPECT_FALSE(is_held(boris));
  ASSERT_TRUE(holds().release("case 7", "cli:rita"));
  EXPECT_FALSE(is_held(anna));
  EXPECT_EQ(holds().list().value().size(), 2U);
}

TEST_P(HoldsTest, CoverACustodiansAccountsWhateverTheyAreCalled) {
  const AccountId anna = add_account("anna");
  Hold hold = everything("of anna");
  hold.scope = HoldScope::Custodian;
  hold.custodian = "anna";  // an account without a custodian is its own
  ASSERT_TRUE(holds().add(hold, "cli:root"));
  EXPECT_TRUE(is_held(anna));
  EXPECT_FALSE(is_held(add_account("boris")));
}

TEST_P(HoldsTest, AreRefusedWhenTheyMakeNoSense) {
  EXPECT_EQ(holds().add(everything(""), "x").error().kind, ErrorKind::Usage);
  EXPECT_EQ(holds().add(everything("a\nb"), "x").error().kind, ErrorKind::Usage);
  Hold hold = everything("nobody");
  hold.scope = HoldScope::Account;
  hold.account = AccountId{99};
  EXPECT_EQ(holds().add(hold, "x").error().kind, ErrorKind::NotFound);
  ASSERT_TRUE(holds().add(everything("once"), "x"));
  EXPECT_EQ(holds().add(everything("once"), "x").error().kind, ErrorKind::Conflict);
  ASSERT_TRUE(holds().release("once", "x"));
  EXPECT_EQ(holds().release("once", "x").error().kind, ErrorKind::Conflict);
  EXPECT_EQ(holds().add(everything("once"), "x").error().kind, ErrorKind::Conflict);
  EXPECT_EQ(holds().release("never", "x").error().kind, ErrorKind::NotFound);
}

TEST_P(HoldsTest, AreEvidenceThatVerifyKnows) {
  ASSERT_TRUE(holds().add(everything("case \"7\""), "cli:root"));
  ASSERT_TRUE(holds().release("case \"7\"", "cli:root"));
  EXPECT_TRUE(verify(archive(), {}).value().faults.empty());
  EventQuery query;
  query.kinds = {"hold", "release"};
  EXPECT_EQ(Journal(archive()).events(query).value().size(), 2U);
}

TEST_P(HoldsTest, AnUnreadableOneStopsWhoeverAsks) {
  const AccountId anna = add_account("anna");
  ASSERT_TRUE(Journal(archive()).record_event("hold", "not ours"));
  EXPECT_EQ(holds().is_held(anna).error().kind, ErrorKind::Corrupt);
}

TEST_P(HoldsTest, WhatWasLearntOfAServerExpires) {
  ServerMemory memory(archive());
  EXPECT_FALSE(memory.get("mail.example", 995, "capa-hangs").value());
  ASSERT_TRUE(memory.remember("Mail.Example", 995, "capa-hangs", "yes"));
  ASSERT_TRUE(memory.remember("mail.example", 995, "capa-hangs", "always"));
  EXPECT_EQ(memory.get("mail.EXAMPLE", 995, "capa-hangs").value(), "always");
  EXPECT_FALSE(memory.get("mail.example", 110, "capa-hangs").value());
  EXPECT_EQ(memory.list().value().size(), 1U);
  clock_.time += std::chrono::microseconds(ServerMemory::kUsualTime).count();
  EXPECT_FALSE(memory.get("mail.example", 995, "capa-hangs").value());
  EXPECT_TRUE(memory.list().value().empty());
  ASSERT_TRUE(memory.remember("mail.example", 995, "capa-hangs", "yes"));
  ASSERT_TRUE(memory.forget("mail.example", 995, "capa-hangs"));
  EXPECT_FALSE(memory.get("mail.example", 995, "capa-hangs").value());
}

}  // namespace
}  // namespace mailkeep::store
