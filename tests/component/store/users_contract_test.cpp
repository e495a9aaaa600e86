// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/users.h"

#include <atomic>
#include <thread>

#include "store/accounts.h"
#include "store/journal.h"
#include "store/sessions.h"
#include "store/verify.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

constexpr std::string_view kPassword = "correct horse battery";

class UsersTest : public LedgerFixture {
 protected:
  Users users() { return Users(archive()); }
  User added(std::string_view name, Role role = Role::Auditor,
             const std::vector<AccountId>& accounts = {}) {
    auto user = users().add(name, role, accounts, kPassword, "root");
    EXPECT_TRUE(user) << user.error().text;
    return user ? *user : User{};
  }
  std::vector<EventRecord> rights() {
    EventQuery query;
    query.kinds = {"right"};
    return Journal(archive()).events(query).value();
  }
};
MAILKEEP_BOTH_ENGINES(UsersTest);

TEST_P(UsersTest, GivesBackWhoWasAdded) {
  const AccountId anna = add_account("anna");
  const AccountId boris = add_account("boris");
  const User user = added("rita", Role::Reviewer, {boris, anna, boris});
  reopen();
  const auto found = users().find("rita");
  ASSERT_OK(found);
  EXPECT_EQ(found->id, user.id);
  EXPECT_EQ(found->role, Role::Reviewer);
  EXPECT_EQ(found->state, UserState::Active);
  EXPECT_EQ(found->accounts, (std::vector<AccountId>{anna, boris}));
  EXPECT_EQ(found->created, clock_.time);
  EXPECT_EQ(found->version, user.version);
  EXPECT_EQ(users().find(user.id)->name, "rita");
}

TEST_P(UsersTest, LogsEachChangeOfARightInTheSameTransaction) {
  const AccountId anna = add_account("anna");
  const User user = added("ri\"ta", Role::Reviewer, {anna});
  ASSERT_OK(users().change(user.id, {Role::Auditor, {}, {}}, user.version, "root"));
  ASSERT_OK(users().set_password(user.id, "another good password", "ri\"ta"));

  const auto entries = rights();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[2].text,
            R"({"what":"user.added","who":"root","whom":"ri\"ta","role":"reviewer",)"
            R"("state":"active","accounts":[1]})");
  EXPECT_EQ(entries[1].text,
            R"({"what":"user.changed","who":"root","whom":"ri\"ta","role":"auditor",)"
            R"("state":"active","accounts":[]})");
  EXPECT_NE(entries[0].text.find("user.password"), std::string::npos);
  EXPECT_EQ(users().find(user.id)->version, entries[0].position);
  expect_sound();
}

TEST_P(UsersTest, NeverHasTwoUsersOfAName) {
  added("rita");
  ASSERT_FAILS(users().add("rita", Role::Auditor, {}, kPassword, "root"), ErrorKind::Conflict);
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> racers;
    racers.reserve(4);
    for (int i = 0; i < 4; ++i)
      racers.emplace_back([&] {
        if (users().add("new", Role::Auditor, {}, kPassword, "root")) ++made;
      });
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(users().list()->size(), 2U);
}

TEST_P(UsersTest, RefusesNamesAndPasswordsThatCannotBeUsed) {
  for (const std::string_view name :
       {"", "-rita", " rita", "rita ", "ri\nta", "ri\xffta", "cli:root"})
    ASSERT_FAILS(users().add(name, Role::Auditor, {}, kPassword, "root"), ErrorKind::Usage);
  ASSERT_FAILS(users().add(std::string(101, 'x'), Role::Auditor, {}, kPassword, "root"),
               ErrorKind::Usage);
  // Characters count, not bytes: these are eleven in 22 bytes.
  ASSERT_FAILS(users().add("rita", Role::Auditor, {}, "äääääääääää", "root"), ErrorKind::Usage);
  ASSERT_FAILS(users().add("rita", Role::Auditor, {}, "two\nlines of it", "root"),
               ErrorKind::Usage);
  ASSERT_FAILS(users().add("rita", Role::Auditor, {}, std::string(1025, 'x'), "root"),
               ErrorKind::Usage);
  ASSERT_OK(users().add("rita", Role::Auditor, {}, "ääääääääääää", "root"));
  EXPECT_EQ(rights().size(), 1U);
}

TEST_P(UsersTest, BindsOnlyReviewersToAccountsThatExist) {
  const AccountId anna = add_account("anna");
  ASSERT_FAILS(users().add("a", Role::Administrator, {anna}, kPassword, "root"), ErrorKind::Usage);
  ASSERT_FAILS(users().add("r", Role::Reviewer, {AccountId(99)}, kPassword, "root"),
               ErrorKind::NotFound);
  const User rita = added("rita", Role::Reviewer, {anna});
  ASSERT_FAILS(
      users().change(rita.id, {Role::Auditor, {}, std::vector{anna}}, std::nullopt, "root"),
      ErrorKind::Usage);
  const auto changed = users().change(rita.id, {Role::Auditor, {}, {}}, std::nullopt, "root");
  ASSERT_OK(changed);
  EXPECT_TRUE(changed->accounts.empty());
  EXPECT_EQ(number_of("SELECT count(*) FROM user_accounts"), 0);
}

TEST_P(UsersTest, RefusesAChangeOfWhatHasMoved) {
  const User seen = added("rita");
  const UserChange disable{{}, UserState::Disabled, {}};
  ASSERT_OK(users().change(seen.id, {Role::Reviewer, {}, {}}, seen.version, "root"));
  ASSERT_FAILS(users().change(seen.id, disable, seen.version, "root"), ErrorKind::Conflict);
  EXPECT_EQ(users().find("rita")->state, UserState::Active);
  ASSERT_FAILS(users().change(UserId(77), disable, std::nullopt, "root"), ErrorKind::NotFound);
}

TEST_P(UsersTest, WritesNothingWhereNothingChanges) {
  const User user = added("rita");
  const auto same = users().change(user.id, {Role::Auditor, {}, {}}, std::nullopt, "root");
  ASSERT_OK(same);
  EXPECT_EQ(same->version, user.version);
  EXPECT_EQ(rights().size(), 1U);
}

TEST_P(UsersTest, ChecksPasswords) {
  const User user = added("rita");
  ASSERT_OK(users().check_password("rita", kPassword));
  const auto wrong = users().check_password("rita", "correct horse batterz");
  const auto unknown = users().check_password("nobody", kPassword);
  ASSERT_FAILS(wrong, ErrorKind::Auth);
  ASSERT_FAILS(unknown, ErrorKind::Auth);
  EXPECT_EQ(wrong.error().text, unknown.error().text);
  ASSERT_FAILS(users().check_password("ri\nta", kPassword), ErrorKind::Auth);
  ASSERT_FAILS(users().check_password("", ""), ErrorKind::Auth);

  ASSERT_OK(users().set_password(user.id, "another good password", "root"));
  ASSERT_FAILS(users().check_password("rita", kPassword), ErrorKind::Auth);
  ASSERT_OK(users().check_password("rita", "another good password"));
  EXPECT_EQ(number_of("SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$%'"), 1);

  ASSERT_OK(users().change(user.id, {{}, UserState::Disabled, {}}, std::nullopt, "root"));
  const auto disabled = users().check_password("rita", "another good password");
  ASSERT_FAILS(disabled, ErrorKind::Auth);
  EXPECT_EQ(disabled.error().text, wrong.error().text);
}

TEST_P(UsersTest, LetsNobodyInWithoutAPassword) {
  ASSERT_OK(users().add("rita", Role::Auditor, {}, "", "root"));
  ASSERT_FAILS(users().check_password("rita", ""), ErrorKind::Auth);
  ASSERT_FAILS(users().check_password("rita", kPassword), ErrorKind::Auth);
}

TEST_P(UsersTest, EndsSessionsWithThePasswordAndWithTheUser) {
  const User user = added("rita");
  const auto first = Sessions(archive()).create(user.id);
  ASSERT_OK(Sessions(archive()).find_by_secret(*first));
  ASSERT_OK(users().set_password(user.id, "another good password", "root"));
  ASSERT_FAILS(Sessions(archive()).find_by_secret(*first), ErrorKind::Auth);

  const auto second = Sessions(archive()).create(user.id);
  ASSERT_OK(users().change(user.id, {{}, UserState::Disabled, {}}, std::nullopt, "root"));
  ASSERT_FAILS(Sessions(archive()).find_by_secret(*second), ErrorKind::Auth);
  EXPECT_EQ(number_of("SELECT count(*) FROM sessions"), 0);
}

}  // namespace
}  // namespace mailkeep::store
