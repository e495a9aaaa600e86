// SPDX-License-Identifier: GPL-3.0-or-later
// Users, tokens, accounts, jobs and the audit, as a client sees them.

#include <set>

#include "store/journal.h"
#include "store/ledger.h"
#include "tests/component/api/api_fixture.h"

namespace mailkeep::api {
namespace {

class HandlersTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    anna_ = add_account("anna");
    root_ = token_for(add_user("root", Role::Administrator));
    otto_ = token_for(add_user("otto", Role::Auditor));
  }
  Reply post(const std::string& target, const std::string& body, const std::string& token) {
    return ask({Method::Post, target, token, body});
  }
  Reply patch(const std::string& target, const std::string& body, const std::string& etag) {
    return ask({Method::Patch, target, root_, body, {{"If-Match", etag}}});
  }
  static std::size_t items(const Reply& reply) {
    return reply.json().find("items")->array()->size();
  }
  std::size_t entries(const char* action) {
    store::EventQuery query;
    query.kinds = {"access"};
    query.limit = 1000;
    std::size_t count = 0;
    const std::vector<store::EventRecord> events = store::Journal(archive()).events(query).value();
    for (const auto& event : events)
      count += event.text.find(fmt::format("\"action\":\"{}\"", action)) != std::string::npos;
    return count;
  }

  AccountId anna_{};
  std::string root_, otto_;
};
MAILKEEP_BOTH_ENGINES(HandlersTest);

TEST_P(HandlersTest, UsersAreAddedAndChangedUnderTheirVersion) {
  const Reply added = post("/api/v1/users", R"({"name":"rita","role":"reviewer","accounts":["anna"],
                           "password":"correct horse battery"})",
                           root_);
  ASSERT_EQ(added.status, 201) << added.detail;
  EXPECT_EQ(added.body.find("horse"), std::string::npos);
  const std::string rita = added.header("Location");
  EXPECT_EQ(rita, "/api/v1/users/" + added.text("id"));
  const std::string etag = added.header("ETag");
  EXPECT_EQ(get(rita, root_).header("ETag"), etag);
  EXPECT_EQ(ask({Method::Get, rita, root_, "", {{"If-None-Match", etag}}}).status, 304);

  EXPECT_EQ(ask({Method::Patch, rita, root_, R"({"role":"auditor"})"}).status, 428);
  const Reply changed = patch(rita, R"({"role":"auditor"})", etag);
  ASSERT_EQ(changed.status, 200) << changed.detail;
  EXPECT_EQ(changed.text("role"), "auditor");
  EXPECT_EQ(patch(rita, R"({"state":"disabled"})", etag).status, 412);
  EXPECT_EQ(patch(rita, R"({"state":"disabled"})", changed.header("ETag")).text("state"),
            "disabled");
  EXPECT_EQ(items(get("/api/v1/users", root_)), 3U);
}

TEST_P(HandlersTest, UsersThatCannotBeAreRefusedByField) {
  for (const char* body : {R"({"name":"","role":"auditor"})", R"({"name":"x","role":"king"})",
                           R"({"name":"x"})", R"({"name":"x","role":"auditor","password":"short"})",
                           R"({"name":"x","role":"auditor","accounts":["anna"]})",
                           R"({"name":"x","role":"reviewer","accounts":["nobody"]})",
                           R"({"name":"x","role":"reviewer","rights":"all"})", R"([])"})
    EXPECT_EQ(post("/api/v1/users", body, root_).status, 422) << body;
  EXPECT_EQ(post("/api/v1/users", R"({"name":"otto","role":"auditor"})", root_).status, 409);
  EXPECT_EQ(post("/api/v1/users", "{", root_).status, 400);
  EXPECT_EQ(post("/api/v1/users", R"({"name":"x","role":"auditor"})", otto_).code, "missing-scope");
  EXPECT_EQ(get("/api/v1/users/77", root_).status, 404);
}

TEST_P(HandlersTest, ATokenIsShownOnceAndHasNoMoreThanItsUser) {
  const Reply made = post("/api/v1/tokens", R"({"name":"script","user":"otto","days":1,
                          "scopes":["search","accounts:read"],"accounts":["anna"]})",
                          root_);
  ASSERT_EQ(made.status, 201) << made.detail;
  const std::string secret = made.text("secret");
  EXPECT_TRUE(secret.starts_with("mk_"));
  EXPECT_EQ(get("/api/v1/accounts", secret).status, 200);
  EXPECT_EQ(get("/api/v1/audit", secret).code, "missing-scope");
  EXPECT_EQ(get("/api/v1/tokens", root_).body.find(secret.substr(12)), std::string::npos);
  EXPECT_EQ(items(get("/api/v1/tokens", root_)), 3U);
  EXPECT_EQ(items(get("/api/v1/tokens", otto_)), 2U);  // one's own

  EXPECT_EQ(post("/api/v1/tokens", R"({"name":"x","user":"otto","scopes":["users:write"]})", root_)
                .status,
            422);
  EXPECT_EQ(post("/api/v1/tokens", R"({"name":"x"})", otto_).code, "missing-scope");

  const std::string made_at = made.header("Location");
  EXPECT_EQ(ask({Method::Delete, made_at, secret}).status, 204);  // one's own
  EXPECT_EQ(get("/api/v1/accounts", secret).status, 401);
  EXPECT_EQ(ask({Method::Delete, "/api/v1/tokens/1", otto_}).status, 404);  // root's
  EXPECT_EQ(ask({Method::Delete, "/api/v1/tokens/999", otto_}).status, 404);
}

TEST_P(HandlersTest, ATokenOfAnAdministratorMakesNoStrongerOneOfTheSame) {
  const auto root = store::Users(archive()).find("root");
  const std::string weak = token_for(*root, {"tokens:write"});
  EXPECT_EQ(post("/api/v1/tokens", R"({"name":"x","scopes":["users:write"]})", weak).code,
            "missing-scope");
  const Reply same = post("/api/v1/tokens", R"({"name":"x"})", weak);
  ASSERT_EQ(same.status, 201) << same.detail;
  EXPECT_EQ(get("/api/v1/users", same.text("secret")).code, "missing-scope");
}

TEST_P(HandlersTest, ATokenThatIsBoundToAccountsGetsNoOthersByWayOfPeople) {
  const auto root = store::Users(archive()).find("root");
  const auto otto = store::Users(archive()).find("otto");
  const std::string bound = token_for(*root, {}, std::vector{anna_});
  const std::string self = fmt::format("/api/v1/users/{}/password", store::number(root->id));
  const std::string pass = R"({"password":"correct horse battery"})";
  EXPECT_EQ(post("/api/v1/tokens", R"({"name":"x","user":"otto"})", bound).code, "forbidden");
  EXPECT_EQ(post("/api/v1/users", R"({"name":"x","role":"auditor"})", bound).code, "forbidden");
  EXPECT_EQ(ask({Method::Put, self, bound, pass}).code, "forbidden");
  EXPECT_EQ(get("/api/v1/users", bound).code, "forbidden");
  const Reply own = post("/api/v1/tokens", R"({"name":"x"})", bound);
  ASSERT_EQ(own.status, 201) << own.detail;
  EXPECT_EQ(get("/api/v1/users", own.text("secret")).code, "forbidden");

  const std::string bound_auditor = token_for(*otto, {}, std::vector{anna_});
  EXPECT_EQ(get("/api/v1/accounts", bound_auditor).status, 200);
  EXPECT_EQ(get("/api/v1/audit", bound_auditor).code, "forbidden");
  EXPECT_EQ(get("/metrics", bound_auditor).code, "forbidden");
}

TEST_P(HandlersTest, AccountsAreMadeAndChangedWithoutShowingSecrets) {
  const Reply added = post("/api/v1/accounts", R"({"name":"carl","url":"imaps://carl@mail.example",
      "password":"top secret","smtp_url":"smtps://mail.example","smtp_password":"other secret",
      "interval_seconds":600,"send_budget":20})",
                           root_);
  ASSERT_EQ(added.status, 201) << added.detail;
  EXPECT_EQ(added.body.find("secret\""), std::string::npos);
  EXPECT_NE(added.body.find("\"has_smtp_password\":true"), std::string::npos);
  const std::string carl = added.header("Location");
  const std::string etag = added.header("ETag");
  EXPECT_EQ(ask({Method::Patch, carl, root_, R"({"custodian":"Carl"})"}).status, 428);
  const Reply changed =
      patch(carl, R"({"custodian":"Carl","interval_seconds":null,"include":["INBOX"]})", etag);
  ASSERT_EQ(changed.status, 200) << changed.detail;
  EXPECT_EQ(changed.text("custodian"), "Carl");
  EXPECT_NE(changed.body.find("\"interval_seconds\":null"), std::string::npos);
  EXPECT_NE(changed.body.find("\"send_budget\":20"), std::string::npos);
  EXPECT_EQ(patch(carl, R"({"custodian":"Else"})", etag).status, 412);

  const auto account = store::Accounts(archive()).find("carl");
  EXPECT_EQ(store::Accounts(archive()).password(account->id).value(), "top secret");
  const std::string now = changed.header("ETag");
  EXPECT_EQ(ask({Method::Delete, carl, root_, "", {{"If-Match", now}}}).status, 204);
  EXPECT_EQ(store::Accounts(archive()).find("carl")->state, store::AccountState::Removed);
  EXPECT_EQ(entries("account-add") + entries("account-change") + entries("account-remove"), 3U);
}

TEST_P(HandlersTest, APasswordIsNotSentToANewServerWithoutBeingGivenAgain) {
  const std::string target = fmt::format("/api/v1/accounts/{}", store::number(anna_));
  const std::string etag = get(target, root_).header("ETag");
  const Reply refused = patch(target, R"({"url":"imaps://anna@evil.example"})", etag);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(patch(target, R"({"tls":"none"})", etag).status, 422);
  EXPECT_EQ(patch(target, R"({"smtp_url":"smtps://evil.example"})", etag).status, 422);
  EXPECT_EQ(patch(target, R"({"url":"imaps://anna@new.example","password":"again"})", etag).status,
            200);
}

TEST_P(HandlersTest, NoPasswordReachesAnSmtpServerThatNobodyGaveItTo) {
  const std::string target = fmt::format("/api/v1/accounts/{}", store::number(anna_));
  const auto changed = [&](const char* body) {
    return patch(target, body, get(target, root_).header("ETag")).status;
  };
  // The mailbox's password would go there, as the account would have none of its own for sending.
  EXPECT_EQ(changed(R"({"smtp_url":"smtps://evil.example","smtp_password":""})"), 422);
  ASSERT_EQ(changed(R"({"smtp_url":"smtps://good.example","smtp_user":"anna-out",
                        "smtp_password":"for sending"})"),
            200);
  EXPECT_EQ(changed(R"({"smtp_user":"","smtp_password":""})"), 422);
  // That of the mailbox given anew says nothing about the one for sending.
  EXPECT_EQ(changed(R"({"smtp_url":"smtps://evil.example","password":"guessed"})"), 422);
  EXPECT_EQ(changed(R"({"tls":"none","url":"imap://anna@mail.example","password":"guessed"})"),
            422);
  EXPECT_EQ(changed(R"({"smtp_url":"smtps://new.example","smtp_password":"another"})"), 200);
  EXPECT_EQ(changed(R"({"smtp_user":"","smtp_password":"","password":"both"})"), 200);

  const auto account = store::Accounts(archive()).find("anna");
  EXPECT_EQ(store::Accounts(archive()).password(account->id).value(), "both");
  EXPECT_FALSE(account->has_smtp_password);
}

TEST_P(HandlersTest, AccountsThatCannotBeAreRefused) {
  for (const char* body :
       {R"({"name":"x"})", R"({"name":"","url":"imaps://a@b"})",
        R"({"name":"x","url":"http://a@b"})", R"({"name":"x","url":"imaps://a@b","tls":"none"})",
        R"({"name":"x","url":"imaps://a@b","interval_seconds":1})",
        R"({"name":"x","url":"imaps://a@b","ca_file":"/nowhere"})",
        R"({"name":"x","url":"imaps://a@b","include":[""]})",
        R"({"name":"x","url":"imaps://a@b","password":"two\nlines"})"})
    EXPECT_EQ(post("/api/v1/accounts", body, root_).status, 422) << body;
  EXPECT_EQ(post("/api/v1/accounts", R"({"name":"anna","url":"imaps://a@b"})", root_).status, 409);
  EXPECT_EQ(store::Accounts(archive()).list()->size(), 1U);
}

TEST_P(HandlersTest, WorkIsAskedForOnceAndSeenByWhoeverAsked) {
  const std::string runs = fmt::format("/api/v1/accounts/{}/sync-runs", store::number(anna_));
  const Reply asked = post(runs, "", root_);
  ASSERT_EQ(asked.status, 202) << asked.detail;
  const std::string job = asked.header("Location");
  EXPECT_EQ(job, "/api/v1/jobs/" + asked.text("id"));
  EXPECT_EQ(post(runs, "", root_).header("Location"), job);  // not begun yet: the same
  EXPECT_EQ(get(job, root_).text("state"), "queued");
  EXPECT_EQ(get(job, otto_).status, 200);

  const auto rita = add_user("rita", Role::Reviewer, {anna_});
  const auto nora = add_user("nora", Role::Reviewer);
  EXPECT_EQ(get(job, token_for(rita)).code, "missing-scope");  // somebody else's
  EXPECT_EQ(get(job, token_for(nora)).status, 404);
  EXPECT_EQ(ask({Method::Delete, job, otto_}).code, "missing-scope");
  EXPECT_EQ(ask({Method::Delete, job, root_}).status, 202);
  EXPECT_EQ(get(job, root_).text("state"), "cancelled");

  const Reply own = post(runs, "", token_for(rita));
  EXPECT_EQ(get(own.header("Location"), token_for(rita)).status, 200);
  EXPECT_EQ(
      post(fmt::format("/api/v1/accounts/{}/test", store::number(anna_)), "", root_).text("kind"),
      "account-test");
  EXPECT_EQ(items(get(runs, otto_)), 0U);
}

TEST_P(HandlersTest, ListsArePagedByCursorsThatServeNothingElse) {
  for (int i = 0; i < 5; ++i)
    ASSERT_OK(store::Jobs(archive()).add(store::JobKind::Fetch, add_account(fmt::format("a{}", i)),
                                         "root"));
  std::size_t seen = 0;
  std::string target = "/api/v1/jobs?limit=2";
  std::string first_cursor;
  for (int page = 0; page < 3; ++page) {
    const Reply reply = get(target, root_);
    ASSERT_EQ(reply.status, 200) << reply.detail;
    EXPECT_NE(reply.body.find("\"total\":5"), std::string::npos);
    seen += items(reply);
    const std::string cursor = reply.text("next_cursor");
    if (first_cursor.empty()) first_cursor = cursor;
    EXPECT_EQ(cursor.empty(), page == 2);
    target = "/api/v1/jobs?limit=2&cursor=" + cursor;
  }
  EXPECT_EQ(seen, 5U);
  EXPECT_EQ(get("/api/v1/audit?cursor=" + first_cursor, root_).code, "bad-cursor");
  EXPECT_EQ(get("/api/v1/jobs?cursor=x", root_).code, "bad-cursor");
  EXPECT_EQ(get("/api/v1/jobs?state=odd", root_).code, "bad-parameter");
}

TEST_P(HandlersTest, GapsHavePagesWhateverTheFolderIsCalled) {
  store::Ledger ledger(archive());
  const std::string beginning(20'000, 'f');
  for (const char* end : {"1", "2"}) {
    store::Claim claim;
    claim.epoch = ledger.open_epoch(anna_, beginning + end, 7)->id;
    claim.uids = *store::UidSet::from_string("1:2");
    claim.exists = 2;
    ASSERT_OK(ledger.record_claim(claim));
  }
  const std::string gaps = fmt::format("/api/v1/accounts/{}/gaps?limit=1", store::number(anna_));
  std::set<std::string> seen;
  std::string target = gaps;
  for (int page = 0; page < 4; ++page) {
    const Reply reply = get(target, root_);
    ASSERT_EQ(reply.status, 200) << reply.detail;
    ASSERT_EQ(items(reply), 1U);
    seen.insert(reply.body.substr(0, reply.body.find("\"next_cursor\"")));
    target = gaps + "&cursor=" + reply.text("next_cursor");
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST_P(HandlersTest, TheAuditShowsWhatStandsInTheLogNewestFirst) {
  ASSERT_OK(store::Journal(archive()).record_event("start", "no JSON \x01 <"));
  const Reply all = get("/api/v1/audit?limit=1", otto_);
  ASSERT_EQ(all.status, 200) << all.detail;
  const JsonValue first = all.json().find("items")->array()->front();
  EXPECT_EQ(*first.find("kind")->string(), "start");
  EXPECT_TRUE(std::holds_alternative<std::nullptr_t>(first.find("details")->data));
  const Reply rights = get("/api/v1/audit?kind=right", otto_);
  const JsonValue newest = rights.json().find("items")->array()->front();
  EXPECT_EQ(*newest.find("details")->find("what")->string(), "token.added");
  EXPECT_EQ(get("/api/v1/audit?kind=archived", otto_).code, "bad-parameter");
  EXPECT_EQ(entries("audit"), 2U);  // the two that were answered
}

TEST_P(HandlersTest, APersonSetsTheOwnPasswordWithTheOldOne) {
  const auto rita = add_user("rita", Role::Reviewer, {anna_});
  ASSERT_OK(store::Users(archive()).set_password(rita.id, kPassword, "test"));
  const Reply in = ask({Method::Post, "/api/v1/session", "",
                        fmt::format(R"({{"user":"rita","password":"{}"}})", kPassword)});
  const std::string cookie = in.header("Set-Cookie");
  const std::vector<std::pair<std::string, std::string>> page = {
      {"Cookie", cookie.substr(0, cookie.find(';'))},
      {"X-Mailkeep-Request", "page"},
      {"Sec-Fetch-Site", "same-origin"}};
  const std::string target = fmt::format("/api/v1/users/{}/password", store::number(rita.id));
  const auto put = [&](const std::string& body) {
    return ask({Method::Put, target, "", body, page}).status;
  };
  EXPECT_EQ(put(R"({"password":"a new good password"})"), 422);
  EXPECT_EQ(put(R"({"password":"a new good password","old_password":"wrong"})"), 422);
  EXPECT_EQ(put(fmt::format(R"({{"password":"short","old_password":"{}"}})", kPassword)), 422);
  EXPECT_EQ(
      put(fmt::format(R"({{"password":"a new good password","old_password":"{}"}})", kPassword)),
      204);
  EXPECT_EQ(put("{}"), 401);  // the session ended with it
  ASSERT_OK(store::Users(archive()).check_password("rita", "a new good password"));
  // A token does not change the password of its user; an administrator's changes any.
  EXPECT_EQ(ask({Method::Put, target, token_for(rita), R"({"password":"yet another one"})"}).code,
            "missing-scope");
  EXPECT_EQ(ask({Method::Put, target, root_, R"({"password":"yet another one"})"}).status, 204);
}

}  // namespace
}  // namespace mailkeep::api
