// SPDX-License-Identifier: GPL-3.0-or-later
// Role × scope × foreign account: who is let in, who is told which scope is missing, and who must
// not learn that there is anything at all.

#include <map>

#include "store/journal.h"
#include "store/sessions.h"
#include "tests/component/api/api_fixture.h"

namespace mailkeep::api {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

class AuthTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = add_account("anna");
    boris_ = add_account("boris");
    users_[Role::Administrator] = add_user("root", Role::Administrator);
    users_[Role::Auditor] = add_user("otto", Role::Auditor);
    users_[Role::Reviewer] = add_user("rita", Role::Reviewer, {anna_});
  }
  static std::string one(AccountId id, const std::string& rest = {}) {
    return fmt::format("/api/v1/accounts/{}{}", store::number(id), rest);
  }
  Caller caller_with(const std::string& token) {
    Request request;
    request.headers.add("Authorization", "Bearer " + token);
    Authenticator auth(archive());  // writes what it saw when it ends
    auto caller = auth.authenticate(request);
    EXPECT_TRUE(caller);
    return caller ? *caller : Caller{};
  }
  // The cookie of a session, signed in with the password.
  std::string cookie_of(const store::User& user) {
    EXPECT_TRUE(store::Users(archive()).set_password(user.id, kPassword, "test"));
    const Reply reply =
        ask({Method::Post, "/api/v1/session", "",
             fmt::format(R"({{"user":"{}","password":"{}"}})", user.name, kPassword)});
    EXPECT_EQ(reply.status, 200) << reply.detail;
    const std::string cookie = reply.header("Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  static Headers from_page(const std::string& cookie) {
    return {{"Cookie", cookie},
            {"X-Mailkeep-Request", "page"},
            {"Sec-Fetch-Site", "same-origin"},
            {"Origin", "http://mail.example.org:8080"}};
  }

  AccountId anna_{}, boris_{};
  std::map<Role, store::User> users_;
};
MAILKEEP_BOTH_ENGINES(AuthTest);

TEST_P(AuthTest, GivesATokenExactlyWhatRoleAndTokenBothAllow) {
  const std::vector<std::string> all = [] {
    Scopes scopes;
    for (const Role role : {Role::Administrator, Role::Auditor, Role::Reviewer})
      scopes.insert(scopes_of(role).begin(), scopes_of(role).end());
    return names_of(scopes);
  }();
  ASSERT_EQ(all.size(), 13U);
  for (const auto& [role, user] : users_) {
    // The store itself takes any scope: what counts is the role at the time of asking.
    EXPECT_EQ(caller_with(token_for(user, all)).scopes, scopes_of(role));
    for (const std::string& scope : all) {
      const Caller caller = caller_with(token_for(user, {scope}));
      const bool is_allowed = scopes_of(role).contains(*scope_from(scope));
      EXPECT_EQ(caller.scopes.size(), is_allowed ? 1U : 0U) << scope;
      const auto asked = require_scope(caller, *scope_from(scope));
      ASSERT_EQ(asked.has_value(), is_allowed) << scope;
      if (asked) continue;
      EXPECT_EQ(asked.error().code, "missing-scope");
      EXPECT_NE(asked.error().detail.find(scope), std::string::npos);
    }
  }
}

TEST_P(AuthTest, KeepsAdministratorsFromMail) {
  for (const Scope scope : {Scope::MessagesRead, Scope::RawRead, Scope::Search, Scope::RepliesSend})
    EXPECT_FALSE(scopes_of(Role::Administrator).contains(scope));
}

TEST_P(AuthTest, ShowsAForeignAccountAsOneThatIsNotThere) {
  const std::string rita = token_for(users_[Role::Reviewer]);
  EXPECT_EQ(get(one(anna_), rita).status, 200);
  const Reply foreign = get(one(boris_), rita);
  const Reply absent = get("/api/v1/accounts/999", rita);
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(foreign.detail, absent.detail);
  EXPECT_EQ(foreign.headers, absent.headers);
  for (const char* odd : {"/api/v1/accounts/x", "/api/v1/accounts/-1", "/api/v1/accounts/01",
                          "/api/v1/accounts/99999999999999999999"})
    EXPECT_EQ(get(odd, rita).detail, absent.detail) << odd;

  const Reply list = get("/api/v1/accounts", rita);
  EXPECT_EQ(list.json().find("items")->array()->size(), 1U);
  EXPECT_EQ(ask({Method::Post, one(boris_, "/sync-runs"), rita}).status, 404);
  EXPECT_EQ(ask({Method::Post, one(anna_, "/sync-runs"), rita}).status, 202);
  EXPECT_EQ(get(one(boris_, "/sync-runs"), rita).status, 404);
  // A scope that is missing is missing for what exists and for what does not.
  EXPECT_EQ(ask({Method::Post, one(boris_, "/pause"), rita}).code, "missing-scope");
  EXPECT_EQ(ask({Method::Post, "/api/v1/accounts/999/pause", rita}).code, "missing-scope");

  for (const Role role : {Role::Administrator, Role::Auditor})
    EXPECT_EQ(get(one(boris_), token_for(users_[role])).status, 200);
}

TEST_P(AuthTest, BindsATokenToTheIntersectionOfItsAccountsAndItsUsers) {
  const store::User& rita = users_[Role::Reviewer];
  EXPECT_EQ(get(one(anna_), token_for(rita, {}, std::vector{anna_, boris_})).status, 200);
  EXPECT_EQ(get(one(boris_), token_for(rita, {}, std::vector{anna_, boris_})).status, 404);
  EXPECT_EQ(get(one(anna_), token_for(rita, {}, std::vector{boris_})).status, 404);
  EXPECT_EQ(get(one(anna_), token_for(rita, {}, std::vector<AccountId>())).status, 404);
  const std::string bound = token_for(users_[Role::Auditor], {}, std::vector{boris_});
  EXPECT_EQ(get(one(boris_), bound).status, 200);
  EXPECT_EQ(get(one(anna_), bound).status, 404);
}

TEST_P(AuthTest, AnswersEveryStrangerInOneWord) {
  const std::string good = token_for(users_[Role::Auditor]);
  const std::string expired = token_for(users_[Role::Auditor]);
  const std::string disabled = token_for(users_[Role::Reviewer]);
  ASSERT_OK(store::Users(archive()).change(users_[Role::Reviewer].id,
                                           {{}, store::UserState::Disabled, {}}, {}, "test"));
  const Reply nobody = get("/api/v1/accounts", "");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.code, "unauthenticated");
  EXPECT_EQ(nobody.header("WWW-Authenticate"), "Bearer");
  for (const std::string& token : {std::string("mk_"), good + "x", good.substr(1), disabled}) {
    const Reply reply = get("/api/v1/accounts", token);
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.detail, nobody.detail);
    EXPECT_EQ(reply.headers, nobody.headers);
  }
  const Reply cookie =
      ask({Method::Get, "/api/v1/session", "", "", {{"Cookie", "mailkeep_session=x"}}});
  EXPECT_EQ(cookie.detail, nobody.detail);
  EXPECT_EQ(ask({Method::Get, "/api/v1/session", "", "", {{"Authorization", "Basic eDp5"}}}).detail,
            nobody.detail);
  EXPECT_EQ(get("/api/v1/session", good).status, 200);
}

TEST_P(AuthTest, SlowsDownWhoGuessesAndStillServesWhoIsLegal) {
  const std::string good = token_for(users_[Role::Auditor]);
  int refused = 0;
  for (int i = 0; i < 40; ++i) refused += get("/api/v1/session", "mk_wrong").status == 429 ? 1 : 0;
  EXPECT_GE(refused, 15);
  const Reply reply = get("/api/v1/session", "mk_wrong");
  EXPECT_EQ(reply.code, "too-many-requests");
  EXPECT_FALSE(reply.header("Retry-After").empty());
  EXPECT_EQ(get("/api/v1/session", good).status, 200);
  EXPECT_EQ(ask({Method::Get, "/api/v1/session", "mk_wrong", "", {}, "192.0.2.9"}).status, 401);
}

TEST_P(AuthTest, SlowsDownWhoGuessesFromAllAddressesOfANetwork) {
  const auto guess = [&](const std::string& peer) {
    return ask({Method::Get, "/api/v1/session", "mk_wrong", "", {}, peer}).status;
  };
  int refused = 0;
  for (int i = 0; i < 40; ++i) refused += guess(fmt::format("2001:db8::{:x}:1", i)) == 429 ? 1 : 0;
  EXPECT_GE(refused, 15);
  EXPECT_EQ(guess("2001:db8:0:1::1"), 401);
}

TEST_P(AuthTest, SignsInByPasswordAndOut) {
  const std::string cookie = cookie_of(users_[Role::Reviewer]);
  EXPECT_TRUE(cookie.starts_with("mailkeep_session="));
  const Reply who = ask({Method::Get, "/api/v1/session", "", "", {{"Cookie", cookie}}});
  EXPECT_EQ(who.status, 200);
  EXPECT_EQ(who.text("user"), "rita");
  EXPECT_EQ(who.text("role"), "reviewer");
  EXPECT_EQ(who.json().find("accounts")->array()->size(), 1U);
  EXPECT_EQ(ask({Method::Delete, "/api/v1/session", "", "", from_page(cookie)}).status, 204);
  EXPECT_EQ(ask({Method::Get, "/api/v1/session", "", "", {{"Cookie", cookie}}}).status, 401);

  const Reply wrong = ask(
      {Method::Post, "/api/v1/session", "", R"({"user":"rita","password":"not this one at all"})"});
  const Reply unknown = ask({Method::Post, "/api/v1/session", "",
                             R"({"user":"nobody","password":"not this one at all"})"});
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.detail, unknown.detail);
  for (const char* odd : {"{}", R"({"user":"rita"})", R"({"user":"a","password":"b","token":"c"})"})
    EXPECT_EQ(ask({Method::Post, "/api/v1/session", "", odd}).status, 422) << odd;
}

TEST_P(AuthTest, SetsACookieThatScriptsAndOtherSitesCannotUse) {
  ASSERT_OK(store::Users(archive()).set_password(users_[Role::Auditor].id, kPassword, "test"));
  const Reply reply = ask({Method::Post, "/api/v1/session", "",
                           fmt::format(R"({{"user":"otto","password":"{}"}})", kPassword)});
  const std::string cookie = reply.header("Set-Cookie");
  for (const char* mark : {"; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"})
    EXPECT_NE(cookie.find(mark), std::string::npos) << cookie;
  EXPECT_EQ(cookie.find("Secure"), std::string::npos);
  EXPECT_NE(session_cookie("x", true).find("; Secure"), std::string::npos);
  const Reply other_site = ask({Method::Post,
                                "/api/v1/session",
                                "",
                                R"({"user":"otto","password":"x"})",
                                {{"Sec-Fetch-Site", "cross-site"}}});
  EXPECT_EQ(other_site.code, "cross-site");
}

TEST_P(AuthTest, TakesChangesWithACookieOnlyFromTheOwnPage) {
  const std::string cookie = cookie_of(users_[Role::Administrator]);
  const std::string target = one(anna_, "/pause");
  const auto with = [&](const Headers& headers) {
    return ask({Method::Post, target, "", "", headers}).status;
  };
  EXPECT_EQ(with(from_page(cookie)), 200);
  EXPECT_EQ(with({{"Cookie", cookie}}), 403);
  EXPECT_EQ(with({{"Cookie", cookie}, {"X-Mailkeep-Request", "page"}}), 403);
  EXPECT_EQ(with({{"Cookie", cookie}, {"Sec-Fetch-Site", "same-origin"}}), 403);
  EXPECT_EQ(
      with({{"Cookie", cookie}, {"X-Mailkeep-Request", "page"}, {"Sec-Fetch-Site", "same-site"}}),
      403);
  EXPECT_EQ(
      with({{"Cookie", cookie}, {"X-Mailkeep-Request", "page"}, {"Origin", "http://evil.example"}}),
      403);
  EXPECT_EQ(with({{"Cookie", cookie}, {"X-Mailkeep-Request", "page"}, {"Origin", "null"}}), 403);
  EXPECT_EQ(with({{"Cookie", cookie},
                  {"X-Mailkeep-Request", "page"},
                  {"Origin", "https://mail.example.org:8080"}}),
            200);
  // What is only read needs no mark, and a bearer token none either.
  EXPECT_EQ(ask({Method::Get, one(anna_), "", "", {{"Cookie", cookie}}}).status, 200);
  EXPECT_EQ(ask({Method::Post, target, token_for(users_[Role::Administrator])}).status, 200);
}

TEST_P(AuthTest, GivesASessionOfATokenThatTokensRights) {
  const std::string token = token_for(users_[Role::Auditor], {"accounts:read"});
  const Reply signed_in =
      ask({Method::Post, "/api/v1/session", "", fmt::format(R"({{"token":"{}"}})", token)});
  ASSERT_EQ(signed_in.status, 200) << signed_in.detail;
  const std::string cookie = signed_in.header("Set-Cookie");
  const Headers headers = {{"Cookie", cookie.substr(0, cookie.find(';'))}};
  const Reply who = ask({Method::Get, "/api/v1/session", "", "", headers});
  EXPECT_EQ(who.json().find("scopes")->array()->size(), 1U);
  EXPECT_EQ(ask({Method::Get, "/api/v1/audit", "", "", headers}).code, "missing-scope");
  ASSERT_OK(store::Tokens(archive()).revoke(caller_with(token).token.value(), "test"));
  EXPECT_EQ(ask({Method::Get, "/api/v1/session", "", "", headers}).status, 401);
}

TEST_P(AuthTest, FollowsAChangeOfRightsFromTheNextRequestOn) {
  const store::User& rita = users_[Role::Reviewer];
  const std::string token = token_for(rita);
  EXPECT_EQ(get(one(boris_), token).status, 404);
  ASSERT_OK(store::Users(archive()).change(rita.id, {{}, {}, std::vector{boris_}}, {}, "test"));
  EXPECT_EQ(get(one(boris_), token).status, 200);
  EXPECT_EQ(get(one(anna_), token).status, 404);
  EXPECT_EQ(get("/api/v1/audit", token).code, "missing-scope");
}

TEST_P(AuthTest, RemembersWhenATokenWasUsed) {
  const std::string token = token_for(users_[Role::Auditor]);
  const store::TokenId id = caller_with(token).token.value();
  EXPECT_EQ(store::Tokens(archive()).find(id)->last_used, clock_.time);
}

}  // namespace
}  // namespace mailkeep::api
