// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/router.h"

#include <gtest/gtest.h>

#include "api/health.h"
#include "api/target_internal.h"

namespace mailkeep::api {
namespace {

Handler says(const std::string& word) {
  return [word](const Request& request) -> Answer {
    std::string text = word;
    for (const auto& parameter : request.parameters) text += "|" + parameter;
    return text_response(text);
  };
}

Router example() {
  Router router;
  router.add(Method::Get, "/api/v1/messages", says("list"));
  router.add(Method::Post, "/api/v1/messages", says("create"), {std::uint64_t{32} << 20U});
  router.add(Method::Get, "/api/v1/messages/{id}", says("one"));
  router.add(Method::Get, "/api/v1/messages/{id}/raw", says("raw"));
  router.add(Method::Get, "/api/v1/messages/latest", says("latest"));
  router.add(Method::Get, "/", says("root"));
  return router;
}

Answer ask(const Router& router, Method method, const std::string& target) {
  auto parsed = parse_target(target, method);
  if (!parsed) return tl::unexpected(parsed.error());
  Request request;
  request.method = method;
  request.path = parsed->path;
  request.segments = parsed->segments;
  return router.handle(request);
}

std::string body_of(const Answer& answer) { return answer ? answer->body : answer.error().code; }

TEST(Router, FindsHandlersByExactSegments) {
  const Router router = example();
  EXPECT_EQ(body_of(ask(router, Method::Get, "/")), "root");
  EXPECT_EQ(body_of(ask(router, Method::Get, "/api/v1/messages")), "list");
  EXPECT_EQ(body_of(ask(router, Method::Post, "/api/v1/messages?x=1")), "create");
  EXPECT_EQ(body_of(ask(router, Method::Get, "/api/v1/messages/abc")), "one|abc");
  EXPECT_EQ(body_of(ask(router, Method::Get, "/api/v1/messages/a%20%C3%A4/raw")), "raw|a \u00e4");
  for (const char* absent : {"/api", "/api/v1/messages/", "/api/v1//messages", "/API/v1/messages",
                             "/api/v1/messages/a/b", "/api/v1/messages//raw", "//"}) {
    EXPECT_EQ(body_of(ask(router, Method::Get, absent)), "not-found") << absent;
  }
}

TEST(Router, PutsALiteralBeforeAPlaceholderAndStillFindsWhatLiesBehindThePlaceholder) {
  const Router router = example();
  EXPECT_EQ(body_of(ask(router, Method::Get, "/api/v1/messages/latest")), "latest");
  EXPECT_EQ(body_of(ask(router, Method::Get, "/api/v1/messages/latest/raw")), "raw|latest");
}

TEST(Router, AnswersHeadByTheGetHandlerAndOptionsWithAllow) {
  const Router router = example();
  EXPECT_EQ(body_of(ask(router, Method::Head, "/api/v1/messages")), "list");
  const Answer options = ask(router, Method::Options, "/api/v1/messages");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->status, 204);
  EXPECT_EQ(*find_header(*options, "Allow"), "OPTIONS, GET, HEAD, POST");
  EXPECT_EQ(find_header(*options, "Access-Control-Allow-Origin"), nullptr);
  EXPECT_EQ(ask(router, Method::Options, "*")->status, 204);
  EXPECT_EQ(body_of(ask(router, Method::Options, "/nothing")), "not-found");
}

TEST(Router, RefusesOtherMethodsWithAllow) {
  const Answer refused = ask(example(), Method::Delete, "/api/v1/messages/abc");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 405);
  const Response response = problem_response(refused.error(), "id");
  EXPECT_EQ(*find_header(response, "Allow"), "OPTIONS, GET, HEAD");
}

TEST(Router, TellsTheBodyLimitOfARoute) {
  const Router router = example();
  Request head;
  head.segments = {"api", "v1", "messages"};
  head.method = Method::Post;
  EXPECT_EQ(*router.max_body(head), std::uint64_t{32} << 20U);
  head.method = Method::Get;
  EXPECT_EQ(*router.max_body(head), std::uint64_t{1} << 20U);
  head.method = Method::Put;
  EXPECT_EQ(router.max_body(head).error().code, "method-not-allowed");
}

TEST(Router, ListsItsRoutes) {
  const auto routes = example().routes();
  ASSERT_EQ(routes.size(), 6U);
  EXPECT_EQ(routes[0].pattern, "/");
  EXPECT_EQ(routes[1].pattern, "/api/v1/messages");
  EXPECT_EQ(routes[1].method, Method::Get);
  EXPECT_EQ(routes[2].method, Method::Post);
}

TEST(RouterDeathTest, TakesNoSecondHandlerForTheSameRoute) {
  Router router = example();
  EXPECT_DEATH(router.add(Method::Get, "/api/v1/messages/{other}", says("twice")), "is_new");
}

TEST(Target, DecodesPathAndQueryOnce) {
  const auto target = parse_target("/a%2520b/%C3%A4?q=from%3Aanna+x%2Bs%26&empty&n=1", Method::Get);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"a%20b", "\u00e4"}));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(target->query, (Pairs{{"q", "from:anna x+s&"}, {"empty", ""}, {"n", "1"}}));
}

TEST(Target, RefusesWhatTwoReadersCouldReadInTwoWays) {
  for (const char* bad : {"/a/../b",
                          "/./a",
                          "/%2e%2e/a",
                          "/a%2Fb",
                          "/a%00b",
                          "/a%0d%0aX:y",
                          "/a%ff",
                          "/a%",
                          "/a%4",
                          "/a%zz",
                          "/a\\b",
                          "/a b",
                          "/a#b",
                          "/a\xc3\xa4",
                          "/a<b",
                          "a/b",
                          "",
                          "*",
                          "localhost:80",
                          "ftp://localhost/a",
                          "http:///a",
                          "http://localhost",
                          "/a?q=%0d%0aSet-Cookie",
                          "/a?q=%00",
                          "/a?q=%ff",
                          "/a?q=%f",
                          "/a?q=\x7f",
                          "/a?b#c",
                          "/a?x=1&x=2",
                          "/a?x=1&%78=2"}) {
    EXPECT_FALSE(parse_target(bad, Method::Get)) << bad;
  }
}

TEST(Target, TakesTheAbsoluteFormApart) {
  const auto target = parse_target("HTTP://localhost:80/a?b=c", Method::Get);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->authority, "localhost:80");
  EXPECT_EQ(target->path, "/a");
}

TEST(ProblemPages, ExistForEachCode) {
  Router router;
  add_problem_pages(router);
  for (const ProblemKind& kind : problem_kinds()) {
    const Answer page = ask(router, Method::Get, "/api/v1/problems/" + std::string(kind.code));
    ASSERT_TRUE(page) << kind.code;
    EXPECT_NE(page->body.find(kind.code), std::string::npos);
    EXPECT_FALSE(reason_of(kind.status).empty()) << kind.status;
  }
  EXPECT_EQ(body_of(ask(router, Method::Get, "/api/v1/problems/none")), "not-found");
}

}  // namespace
}  // namespace mailkeep::api
