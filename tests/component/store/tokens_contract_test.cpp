// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/tokens.h"

#include "store/journal.h"
#include "store/sessions.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

constexpr common::Micros kMinute = 60'000'000;
constexpr common::Micros kHour = 60 * kMinute;

class TokensTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    auto user = Users(archive()).add("rita", Role::Auditor, {}, "correct horse battery", "root");
    ASSERT_OK(user);
    user_ = *user;
  }
  Tokens tokens() { return Tokens(archive()); }
  Sessions sessions() { return Sessions(archive()); }
  NewToken wanted() const {
    return NewToken{"script", {"search", "messages:read"}, {}, clock_.time + kHour};
  }
  CreatedToken created(const NewToken& token) {
    auto made = tokens().create(user_.id, token, "rita");
    EXPECT_TRUE(made) << made.error().text;
    return made ? *made : CreatedToken{};
  }
  User user_;
};
MAILKEEP_BOTH_ENGINES(TokensTest);

TEST_P(TokensTest, IsFoundByTheSecretThatIsShownOnce) {
  const AccountId anna = add_account("anna");
  NewToken bound = wanted();
  bound.accounts = {anna};
  const CreatedToken made = created(bound);
  EXPECT_EQ(made.secret.size(), 3U + 8 + 1 + 43);
  EXPECT_TRUE(made.secret.starts_with("mk_" + made.token.prefix + "_"));
  reopen();

  const auto found = tokens().find_by_secret(made.secret);
  ASSERT_OK(found);
  EXPECT_EQ(found->user.name, "rita");
  EXPECT_EQ(found->token.id, made.token.id);
  EXPECT_EQ(found->token.user_name, "rita");
  EXPECT_EQ(found->token.scopes, (std::vector<std::string>{"messages:read", "search"}));
  EXPECT_EQ(found->token.accounts, std::vector<AccountId>{anna});
  EXPECT_EQ(found->token.expires, bound.expires);
  EXPECT_FALSE(found->token.last_used);
  EXPECT_EQ(tokens().find_by_prefix(made.token.prefix)->id, made.token.id);
  // What the store keeps does not give the secret back.
  EXPECT_EQ(number_of("SELECT count(*) FROM tokens WHERE hash = $1",
                      {Blob{std::string(common::Sha256::of(made.secret).view())}}),
            1);
}

TEST_P(TokensTest, TellsAnEmptyBindingFromNone) {
  NewToken nowhere = wanted();
  nowhere.accounts.emplace();
  EXPECT_EQ(tokens().find_by_secret(created(nowhere).secret)->token.accounts,
            std::vector<AccountId>());
  EXPECT_FALSE(tokens().find_by_secret(created(wanted()).secret)->token.accounts);
}

TEST_P(TokensTest, RefusesInOneWordWhatIsNotValid) {
  const CreatedToken made = created(wanted());
  const auto unknown = tokens().find_by_secret("mk_aaaaaaaa_" + std::string(43, 'x'));
  ASSERT_FAILS(unknown, ErrorKind::Auth);
  const auto same = [&](std::string_view secret) {
    const auto refused = tokens().find_by_secret(secret);
    ASSERT_FAILS(refused, ErrorKind::Auth);
    EXPECT_EQ(refused.error().text, unknown.error().text);
  };
  same("");
  same(std::string(5000, 'x'));
  same(made.secret.substr(0, made.secret.size() - 1));

  clock_.time += kHour;
  same(made.secret);  // expired
  clock_.time -= kHour;
  ASSERT_OK(tokens().find_by_secret(made.secret));
  ASSERT_OK(Users(archive()).change(user_.id, {{}, UserState::Disabled, {}}, {}, "root"));
  same(made.secret);
  ASSERT_OK(Users(archive()).change(user_.id, {{}, UserState::Active, {}}, {}, "root"));
  ASSERT_OK(tokens().find_by_secret(made.secret));
  ASSERT_OK(tokens().revoke(made.token.id, "root"));
  same(made.secret);
}

TEST_P(TokensTest, IsRevokedAtOnceForEveryProcess) {
  const CreatedToken made = created(wanted());
  auto other = open_another();
  ASSERT_OK(other);
  ASSERT_OK(Tokens(**other).find_by_secret(made.secret));
  ASSERT_OK(tokens().revoke(made.token.id, "root"));
  ASSERT_FAILS(Tokens(**other).find_by_secret(made.secret), ErrorKind::Auth);
}

TEST_P(TokensTest, LogsThatItWasMadeAndRevoked) {
  const CreatedToken made = created(wanted());
  ASSERT_OK(tokens().revoke(made.token.id, "root"));
  ASSERT_OK(tokens().revoke(made.token.id, "root"));  // once is enough
  EventQuery query;
  query.kinds = {"right"};
  const auto entries = Journal(archive()).events(query);
  ASSERT_OK(entries);
  ASSERT_EQ(entries->size(), 3U);  // with that of the user
  EXPECT_EQ((*entries)[1].text,
            fmt::format(R"({{"what":"token.added","who":"rita","whom":"rita","token":"{}",)"
                        R"("name":"script","scopes":["messages:read","search"],"accounts":null,)"
                        R"("expires":"{}"}})",
                        made.token.prefix, common::rfc3339(made.token.expires)));
  EXPECT_NE((*entries)[0].text.find("token.revoked"), std::string::npos);
  for (const EventRecord& entry : *entries)
    EXPECT_EQ(entry.text.find(made.secret.substr(12)), std::string::npos);
  expect_sound();
}

TEST_P(TokensTest, RefusesWhatNoTokenMayBe) {
  const auto refuses = [&](const NewToken& token, ErrorKind kind) {
    ASSERT_FAILS(tokens().create(user_.id, token, "rita"), kind);
  };
  NewToken token = wanted();
  token.scopes.clear();
  refuses(token, ErrorKind::Usage);
  token = wanted();
  token.scopes = {"two words"};
  refuses(token, ErrorKind::Usage);
  token = wanted();
  token.expires = clock_.time;
  refuses(token, ErrorKind::Usage);
  token.expires = clock_.time + kTokenMaxLifetime + 1;
  refuses(token, ErrorKind::Usage);
  token = wanted();
  token.accounts = {AccountId(9)};
  refuses(token, ErrorKind::NotFound);
  ASSERT_FAILS(tokens().create(UserId(9), wanted(), "rita"), ErrorKind::NotFound);
  EXPECT_EQ(number_of("SELECT count(*) FROM tokens"), 0);
}

TEST_P(TokensTest, ListsThoseOfAUserAndOfAll) {
  auto other = Users(archive()).add("otto", Role::Auditor, {}, "correct horse battery", "root");
  ASSERT_OK(other);
  const CreatedToken first = created(wanted());
  const CreatedToken second = created(wanted());
  ASSERT_OK(tokens().create(other->id, wanted(), "root"));
  const auto own = tokens().list(user_.id);
  ASSERT_OK(own);
  ASSERT_EQ(own->size(), 2U);
  EXPECT_EQ(own->front().id, second.token.id);
  EXPECT_EQ(own->back().id, first.token.id);
  EXPECT_EQ(tokens().list()->size(), 3U);
}

TEST_P(TokensTest, RemembersUsesToTheMinute) {
  const CreatedToken made = created(wanted());
  const auto use = [&](common::Micros time) {
    const std::pair<TokenId, common::Micros> one{made.token.id, time};
    ASSERT_OK(tokens().record_uses({&one, 1}));
  };
  const auto last_used = [&] { return tokens().find(made.token.id)->last_used; };
  use(clock_.time);
  EXPECT_EQ(last_used(), clock_.time);
  use(clock_.time + kMinute - 1);
  EXPECT_EQ(last_used(), clock_.time);
  use(clock_.time + kMinute);
  EXPECT_EQ(last_used(), clock_.time + kMinute);
  use(clock_.time);
  EXPECT_EQ(last_used(), clock_.time + kMinute);
}

TEST_P(TokensTest, EndsASessionAfterTwelveHoursOrTwoIdleOnes) {
  const auto secret = sessions().create(user_.id);
  ASSERT_OK(secret);
  const auto found = sessions().find_by_secret(*secret);
  ASSERT_OK(found);
  EXPECT_EQ(found->user.name, "rita");
  EXPECT_FALSE(found->token);
  const common::Micros begin = clock_.time;
  for (int i = 0; i < 7; ++i) {  // used now and then, it goes on
    clock_.time += 100 * kMinute;
    ASSERT_OK(sessions().find_by_secret(*secret));
    const std::pair<common::Digest, common::Micros> use{found->session.id, clock_.time};
    ASSERT_OK(sessions().record_uses({&use, 1}));
  }
  clock_.time = begin + kSessionLifetime - 1;
  ASSERT_OK(sessions().find_by_secret(*secret));
  clock_.time = begin + kSessionLifetime;
  ASSERT_FAILS(sessions().find_by_secret(*secret), ErrorKind::Auth);

  const auto idle = sessions().create(user_.id);
  EXPECT_EQ(number_of("SELECT count(*) FROM sessions"), 1);  // what is over was removed
  clock_.time += kSessionIdle;
  ASSERT_FAILS(sessions().find_by_secret(*idle), ErrorKind::Auth);
}

TEST_P(TokensTest, EndsSessionsWhenAsked) {
  const auto first = sessions().create(user_.id);
  const auto second = sessions().create(user_.id);
  ASSERT_OK(sessions().end(sessions().find_by_secret(*first)->session.id));
  ASSERT_FAILS(sessions().find_by_secret(*first), ErrorKind::Auth);
  ASSERT_OK(sessions().find_by_secret(*second));
  ASSERT_OK(sessions().end_all(user_.id));
  ASSERT_FAILS(sessions().find_by_secret(*second), ErrorKind::Auth);
  ASSERT_FAILS(sessions().find_by_secret(""), ErrorKind::Auth);
}

TEST_P(TokensTest, GivesASessionTheRightsOfTheTokenItBeganWith) {
  const CreatedToken made = created(wanted());
  const auto secret = sessions().create(user_.id, made.token.id);
  const auto found = sessions().find_by_secret(*secret);
  ASSERT_OK(found);
  ASSERT_TRUE(found->token);
  EXPECT_EQ(found->token->prefix, made.token.prefix);
  clock_.time = made.token.expires;
  ASSERT_FAILS(sessions().find_by_secret(*secret), ErrorKind::Auth);
  clock_.time -= kMinute;
  ASSERT_OK(sessions().find_by_secret(*secret));
  ASSERT_OK(tokens().revoke(made.token.id, "root"));
  ASSERT_FAILS(sessions().find_by_secret(*secret), ErrorKind::Auth);
}

}  // namespace
}  // namespace mailkeep::store
