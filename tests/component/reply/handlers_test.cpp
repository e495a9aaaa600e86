// SPDX-License-Identifier: GPL-3.0-or-later
// Replies and the outbox as the API gives them, for each role.
#include <gtest/gtest.h>

#include "api/application.h"
#include "api/auth.h"
#include "api/reply/delivery.h"
#include "store/journal.h"
#include "store/tokens.h"
#include "store/users.h"
#include "tests/component/reply/reply_fixture.h"

namespace mailkeep::reply {
namespace {

using namespace std::chrono_literals;
using api::Method;
using api::Request;

constexpr std::string_view kOriginal =
    "From: Bob <bob@x.example>\r\nTo: anna@example.org, carl@x.example\r\nSubject: hi\r\n"
    "Message-ID: <1@x.example>\r\n\r\nhello <there>\r\n";

class ReplyHandlers : public ReplyFixture {
 protected:
  void SetUp() override {
    ReplyFixture::SetUp();
    anna_ = add_account("anna", 1);
    eve_ = add_account("eve", 1);
    original_ = archive_message(anna_, std::string(kOriginal)).hex();
    api::ApiOptions options;
    options.index_dir = archive_->data_dir() / "index";
    options.view.wake_delivery = [this] { ++woken_; };
    auto opened = api::ApiApplication::open(*archive_, std::move(options));
    ASSERT_TRUE(opened) << opened.error().text;
    application_ = std::move(*opened);
    reviewer_ = token("rita", store::Role::Reviewer, {anna_.id},
                      {"messages:read", "replies:send", "outbox:read"});
    other_ = token("otto", store::Role::Reviewer, {eve_.id},
                   {"messages:read", "replies:send", "outbox:read"});
    administrator_ = token("adam", store::Role::Administrator, {}, {"outbox:read"});
    auditor_ = token("audrey", store::Role::Auditor, {}, {"messages:read", "outbox:read"});
  }

  void TearDown() override {
    application_.reset();
    ReplyFixture::TearDown();
  }

  std::string token(const std::string& name, store::Role role,
                    const std::vector<store::AccountId>& accounts,
                    const std::vector<std::string>& scopes) {
    const auto user = store::Users(*archive_).add(name, role, accounts, "", "test");
    EXPECT_TRUE(user) << user.error().text;
    store::NewToken wish;
    wish.name = "test";
    wish.scopes = scopes;
    wish.expires = clock_.time + 3600LL * 1'000'000;
    const auto made = store::Tokens(*archive_).create(user->id, wish, "test");
    EXPECT_TRUE(made) << made.error().text;
    return made->secret;
  }

  api::Answer ask(const std::string& secret, Method method, const std::string& path,
                  const std::string& body = {}, const std::string& key = {},
                  const std::string& query = {}) {
    Request request;
    request.method = method;
    request.path = path;
    for (std::size_t at = 1; at <= path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      request.segments.push_back(path.substr(at, end - at));
      at = end + 1;
    }
    request.headers.add("Authorization", "Bearer " + secret);
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    if (!key.empty()) request.headers.add("Idempotency-Key", key);
    if (!query.empty()) request.query.emplace_back("state", query);
    request.body = body;
    request.peer = "127.0.0.1";
    return application_->router().handle(request);
  }

  std::string path(const std::string& rest = {}) const {
    return "/api/v1/messages/" + original_ + "/replies" + rest;
  }

  static std::string code(const api::Answer& answer) {
    return answer ? std::to_string(answer->status) : answer.error().code;
  }

  store::Account anna_, eve_;
  std::string original_, reviewer_, other_, administrator_, auditor_;
  std::unique_ptr<api::ApiApplication> application_;
  int woken_ = 0;
};

TEST_F(ReplyHandlers, QueuesAReplyOnceForEachKey) {
  const std::string body = R"({"text":"Hello","all":true})";
  const auto first = ask(reviewer_, Method::Post, path(), body, "k1");
  ASSERT_EQ(code(first), "202");
  EXPECT_EQ(*api::find_header(*first, "Location"), "/api/v1/outbox/1");
  EXPECT_NE(first->body.find(R"("state":"queued")"), std::string::npos);
  EXPECT_NE(first->body.find(R"("recipients":["bob@x.example","carl@x.example"])"),
            std::string::npos)
      << first->body;
  EXPECT_EQ(woken_, 1);
  EXPECT_EQ(ask(reviewer_, Method::Post, path(), body, "k1")->body, first->body);
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":"Other"})", "k1")),
            "idempotency-conflict");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), body)), "idempotency-key-required");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), body, std::string(201, 'k'))), "bad-request");
  const auto item = store::Outbox(*archive_).find(store::OutboxId{1});
  ASSERT_TRUE(item);
  EXPECT_EQ(item->actor, "rita");
  EXPECT_EQ(store::Outbox(*archive_).count({}).value(), 1U);
  expect_sound();
}

TEST_F(ReplyHandlers, FindsTheReplyByItsKeyAfterTheMessageWasSeenElsewhere) {
  const std::string both = token("bert", store::Role::Reviewer, {anna_.id, eve_.id},
                                 {"messages:read", "replies:send", "outbox:read"});
  const auto first = ask(both, Method::Post, path(), R"({"text":"Hello"})", "k");
  ASSERT_EQ(code(first), "202");
  archive_message(eve_, std::string(kOriginal));
  EXPECT_EQ(code(ask(both, Method::Post, path(), R"({"text":"Hello"})", "k")), "202");
  EXPECT_EQ(store::Outbox(*archive_).count({}).value(), 1U);
  EXPECT_EQ(item(store::OutboxId{1}).account_name, "anna");
}

TEST_F(ReplyHandlers, ShowsWhatWouldBeSentAndQueuesNothing) {
  const auto shown = ask(reviewer_, Method::Post, path("/preview"), R"({"text":"","all":true})");
  ASSERT_EQ(code(shown), "200");
  for (const char* part :
       {R"("account":"anna")", R"("from":"anna@example.org")", R"(Bob \u003cbob@x.example>)",
        R"("cc":["carl@x.example"])", R"("subject":"Re: hi")", R"("envelope_from")"})
    EXPECT_NE(shown->body.find(part), std::string::npos) << part << shown->body;
  EXPECT_EQ(store::Outbox(*archive_).count({}).value(), 0U);
}

TEST_F(ReplyHandlers, SaysWhichWishCannotBe) {
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":""})", "k")), "invalid-fields");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"all":true})", "k")), "invalid-fields");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":"a","bcc":"x"})", "k")),
            "invalid-fields");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), "nonsense", "k")), "bad-json");
  const std::string nobody = archive_message(anna_, "Subject: from nobody\r\n\r\nhello\r\n").hex();
  EXPECT_EQ(code(ask(reviewer_, Method::Post, "/api/v1/messages/" + nobody + "/replies",
                     R"({"text":"a"})", "k")),
            "conflict");
  EXPECT_EQ(store::Outbox(*archive_).count({}).value(), 0U);
}

TEST_F(ReplyHandlers, AnswersOnlyThroughTheCallersOwnAccounts) {
  EXPECT_EQ(code(ask(other_, Method::Post, path(), R"({"text":"a"})", "k")), "not-found");
  EXPECT_EQ(code(ask(other_, Method::Post, path("/preview"), R"({"text":"a"})")), "not-found");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":"a","account":"eve"})", "k")),
            "invalid-fields");
  EXPECT_EQ(code(ask(auditor_, Method::Post, path(), R"({"text":"a"})", "k")), "missing-scope");
  EXPECT_EQ(code(ask(administrator_, Method::Post, path(), R"({"text":"a"})", "k")),
            "missing-scope");
  // Seen last in an account that is not the caller's: the reply goes out through the caller's.
  archive_message(eve_, std::string(kOriginal));
  const auto sent = ask(reviewer_, Method::Post, path(), R"({"text":"a"})", "k");
  ASSERT_EQ(code(sent), "202");
  EXPECT_EQ(item(store::OutboxId{1}).account_name, "anna");
}

TEST_F(ReplyHandlers, ShowsTheOutboxToWhoMaySeeIt) {
  ASSERT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":"a"})", "k")), "202");
  Delivery delivery(*archive_);
  ASSERT_TRUE(delivery.deliver_now(store::OutboxId{1}, common::Deadline::in(1s), {}));
  for (const std::string& one : {reviewer_, auditor_}) {
    const auto item = ask(one, Method::Get, "/api/v1/outbox/1");
    ASSERT_EQ(code(item), "200");
    EXPECT_NE(item->body.find(original_), std::string::npos);
    EXPECT_NE(item->body.find("bob@x.example"), std::string::npos);
    EXPECT_NE(item->body.find(R"("attempt":1,"state":"queued")"), std::string::npos) << item->body;
  }
  const auto blind = ask(administrator_, Method::Get, "/api/v1/outbox/1");
  ASSERT_EQ(code(blind), "200");
  EXPECT_NE(blind->body.find(R"("original":null,"message":null,"recipients":null)"),
            std::string::npos)
      << blind->body;
  EXPECT_EQ(blind->body.find("bob@"), std::string::npos);
  EXPECT_NE(blind->body.find("cannot connect"), std::string::npos);
  EXPECT_EQ(code(ask(other_, Method::Get, "/api/v1/outbox/1")), "not-found");
  EXPECT_EQ(code(ask(reviewer_, Method::Get, "/api/v1/outbox/99")), "not-found");
  EXPECT_EQ(code(ask(reviewer_, Method::Get, "/api/v1/outbox/x")), "not-found");
  EXPECT_NE(ask(reviewer_, Method::Get, "/api/v1/outbox")->body.find(R"("total":1)"),
            std::string::npos);
  EXPECT_NE(ask(other_, Method::Get, "/api/v1/outbox")->body.find(R"("total":0)"),
            std::string::npos);
  EXPECT_EQ(code(ask(reviewer_, Method::Get, "/api/v1/outbox", "", "", "nonsense")),
            "bad-parameter");
  EXPECT_NE(
      ask(reviewer_, Method::Get, "/api/v1/outbox", "", "", "sent")->body.find(R"("total":0)"),
      std::string::npos);
}

TEST_F(ReplyHandlers, CancelsAndSendsAgain) {
  ASSERT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":"a"})", "k")), "202");
  EXPECT_EQ(code(ask(reviewer_, Method::Post, "/api/v1/outbox/1/resend")), "conflict");
  EXPECT_EQ(code(ask(other_, Method::Delete, "/api/v1/outbox/1")), "not-found");
  EXPECT_EQ(code(ask(administrator_, Method::Delete, "/api/v1/outbox/1")), "missing-scope");
  const auto cancelled = ask(reviewer_, Method::Delete, "/api/v1/outbox/1");
  ASSERT_EQ(code(cancelled), "200");
  EXPECT_NE(cancelled->body.find(R"("state":"cancelled")"), std::string::npos);
  EXPECT_EQ(code(ask(reviewer_, Method::Delete, "/api/v1/outbox/1")), "conflict");

  ASSERT_EQ(code(ask(reviewer_, Method::Post, path(), R"({"text":"a"})", "k2")), "202");
  store::Delivery failed;
  failed.state = store::DeliveryState::Failed;
  ASSERT_TRUE(store::Outbox(*archive_).finish(store::OutboxId{2}, failed));
  EXPECT_EQ(code(ask(other_, Method::Post, "/api/v1/outbox/2/resend")), "not-found");
  const auto again = ask(reviewer_, Method::Post, "/api/v1/outbox/2/resend");
  ASSERT_EQ(code(again), "202");
  EXPECT_EQ(*api::find_header(*again, "Location"), "/api/v1/outbox/2");
  EXPECT_EQ(item(store::OutboxId{2}).state, store::SendState::Queued);
  expect_sound();
}

}  // namespace
}  // namespace mailkeep::reply
