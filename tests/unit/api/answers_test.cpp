// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <set>

#include "api/conditional.h"
#include "api/cursor.h"
#include "api/host_check_internal.h"
#include "api/json.h"
#include "api/rate_limit.h"
#include "api/response_head_internal.h"
#include "common/encoding.h"

namespace mailkeep::api {
namespace {

using common::ErrorKind;
using namespace std::chrono_literals;

TEST(Problem, CodesAreUniqueKebabCaseWords) {
  std::set<std::string_view> codes;
  for (const ProblemKind& kind : problem_kinds()) {
    EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
    EXPECT_EQ(kind.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos);
    EXPECT_GE(kind.status, 400);
    EXPECT_FALSE(kind.explanation.empty());
  }
}

TEST(Problem, CarriesWhatTheClientNeeds) {
  Problem problem = make_problem("bad-query", "a bracket is open");
  problem.query_fault = search::QueryFault{"(", 5, 1, "a bracket is open"};
  problem.errors.push_back({"q", "is wrong"});
  problem.headers.emplace_back("Retry-After", "3");
  const Response response = problem_response(problem, "abc");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(*find_header(response, "content-type"), "application/problem+json");
  EXPECT_EQ(*find_header(response, "Retry-After"), "3");
  const auto json = parse_json(response.body);
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->find("type")->string(), "/api/v1/problems/bad-query");
  EXPECT_EQ(*json->find("instance")->string(), "abc");
  const JsonValue* fault = json->find("query_fault");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(std::get<std::int64_t>(fault->find("position")->data), 5);
  EXPECT_EQ(*fault->find("word")->string(), "(");
  EXPECT_EQ(*json->find("errors")->array()->front().find("field")->string(), "q");
}

TEST(Problem, OfEachErrorKindKeepsTheOperatorsAffairsInside) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::NotBuilt); ++kind) {
    const Problem problem(common::Error{static_cast<ErrorKind>(kind), "secret place"});
    EXPECT_NE(find_problem_kind(problem.code), nullptr);
    EXPECT_NE(problem.internal.find("secret place"), std::string::npos);
  }
  for (const ErrorKind kind : {ErrorKind::Database, ErrorKind::Disk, ErrorKind::Index,
                               ErrorKind::Config, ErrorKind::Corrupt, ErrorKind::Network}) {
    const Problem problem(common::Error{kind, "secret place"});
    EXPECT_EQ(problem_response(problem, "id").body.find("secret"), std::string::npos);
    EXPECT_GE(problem.status, 500);
  }
  const auto handler = []() -> Answer {
    MAILKEEP_CHECKED(common::Status(common::fail(ErrorKind::NotFound, "there is no such message")));
    return Response{};
  };
  EXPECT_EQ(handler().error().status, 404);
}

Request asking(std::vector<std::pair<std::string, std::string>> headers) {
  Request request;
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return request;
}

const std::string kContent = "0123456789";

Answer content(const Request& request, std::uint64_t size = kContent.size()) {
  ImmutableBytes bytes;
  bytes.digest = common::Sha256::of(kContent);
  bytes.size = size;
  return immutable_bytes(request, bytes,
                         [](std::uint64_t offset, std::uint64_t count, const Sink& sink) {
                           return sink(std::string_view(kContent).substr(offset, count));
                         });
}

std::string streamed(const Response& response) {
  std::string all;
  EXPECT_TRUE(response.stream([&](std::string_view piece) -> common::Status {
    all += piece;
    return {};
  }));
  EXPECT_EQ(all.size(), response.stream_size);
  return all;
}

TEST(ImmutableBytes, ComeWholeWithTheirDigest) {
  const Answer answer = content(asking({}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(streamed(*answer), kContent);
  EXPECT_EQ(*find_header(*answer, "ETag"), "\"sha256-" + common::Sha256::of(kContent).hex() + "\"");
  EXPECT_EQ(*find_header(*answer, "Repr-Digest"),
            "sha-256=:" + common::to_base64(common::Sha256::of(kContent).view()) + ":");
}

// Otherwise a browser would show them unrecorded, also to whoever signs in after.
TEST(ImmutableBytes, AreAskedForEachTime) {
  const std::string etag = etag_of(common::Sha256::of(kContent));
  for (const auto& request : {asking({}), asking({{"If-None-Match", etag}})})
    EXPECT_EQ(*find_header(*content(request), "Cache-Control"), "private, no-cache");
}

TEST(ImmutableBytes, ComeInRanges) {
  struct Case {
    const char* range;
    int status;
    const char* bytes;
    const char* content_range;
  };
  for (const Case& one : {
           Case{"bytes=0-0", 206, "0", "bytes 0-0/10"},
           Case{"bytes=2-4", 206, "234", "bytes 2-4/10"},
           Case{"bytes=7-", 206, "789", "bytes 7-9/10"},
           Case{"bytes=7-99999999999999999999999", 206, "789", "bytes 7-9/10"},
           Case{"Bytes=-3", 206, "789", "bytes 7-9/10"},
           Case{"bytes=-100", 206, "0123456789", "bytes 0-9/10"},
           Case{"bytes=4-2", 200, "0123456789", nullptr},
           Case{"bytes=0-1,4-5", 200, "0123456789", nullptr},
           Case{"bytes=", 200, "0123456789", nullptr},
           Case{"bytes=-", 200, "0123456789", nullptr},
           Case{"bytes=a-b", 200, "0123456789", nullptr},
           Case{"bytes=--1", 200, "0123456789", nullptr},
           Case{"lines=0-1", 200, "0123456789", nullptr},
       }) {
    const Answer answer = content(asking({{"Range", one.range}}));
    ASSERT_TRUE(answer) << one.range;
    EXPECT_EQ(answer->status, one.status) << one.range;
    EXPECT_EQ(streamed(*answer), one.bytes) << one.range;
    const std::string* range = find_header(*answer, "Content-Range");
    ASSERT_EQ(range != nullptr, one.content_range != nullptr) << one.range;
    if (range != nullptr) {
      EXPECT_EQ(*range, one.content_range);
    }
  }
  for (const char* outside : {"bytes=10-", "bytes=99999999999999999999999-", "bytes=-0"}) {
    const Answer answer = content(asking({{"Range", outside}}));
    ASSERT_FALSE(answer) << outside;
    EXPECT_EQ(answer.error().status, 416);
    EXPECT_EQ(*find_header(problem_response(answer.error(), ""), "Content-Range"), "bytes */10");
  }
  EXPECT_EQ(content(asking({{"Range", "bytes=0-"}}), 0).error().status, 416);
}

TEST(ImmutableBytes, ObeyConditions) {
  const std::string etag = etag_of(common::Sha256::of(kContent));
  for (const std::string& known : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    EXPECT_EQ(content(asking({{"If-None-Match", known}}))->status, 304) << known;
  }
  for (const std::string other : {"\"x\"", "x", "", "\"", ",,,"}) {
    EXPECT_EQ(content(asking({{"If-None-Match", other}}))->status, 200) << other;
  }
  EXPECT_EQ(content(asking({{"If-Match", "\"x\""}})).error().status, 412);
  EXPECT_EQ(content(asking({{"If-Match", etag}}))->status, 200);
  EXPECT_EQ(content(asking({{"Range", "bytes=0-1"}, {"If-Range", etag}}))->status, 206);
  EXPECT_EQ(content(asking({{"Range", "bytes=0-1"}, {"If-Range", "\"x\""}}))->status, 200);
  Request head = asking({{"Range", "bytes=0-1"}});
  head.method = Method::Head;
  EXPECT_EQ(content(head)->status, 200);
}

TEST(IfMatch, IsWantedAndCompared) {
  const std::string etag = etag_of_version("7");
  EXPECT_EQ(require_if_match(asking({}), etag).error().status, 428);
  EXPECT_EQ(require_if_match(asking({{"If-Match", "\"6\""}}), etag).error().status, 412);
  EXPECT_EQ(require_if_match(asking({{"If-Match", "W/\"7\""}}), etag).error().status, 412);
  EXPECT_TRUE(require_if_match(asking({{"If-Match", "\"6\", \"7\""}}), etag));
}

TEST(ContentDisposition, MakesAnyNameSafe) {
  EXPECT_EQ(content_disposition("attachment", "plan.pdf"), "attachment; filename=\"plan.pdf\"");
  EXPECT_EQ(content_disposition("inline", "Gr\u00fc\u00dfe 1.txt"),
            "inline; filename=\"Gr__e 1.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.txt");
  EXPECT_EQ(content_disposition("attachment", "../../etc/passwd"),
            "attachment; filename=\"_.._etc_passwd\"");
  EXPECT_EQ(content_disposition("attachment", "a\"; x=\"b\r\nSet-Cookie: c"),
            "attachment; filename=\"a_; x=_bSet-Cookie_ c\"");
  EXPECT_EQ(content_disposition("attachment", "ann\u202egpj.exe\u2066\u200f"),
            "attachment; filename=\"anngpj.exe\"");
  EXPECT_EQ(content_disposition("attachment", "..."), "attachment; filename=\"download\"");
  EXPECT_EQ(content_disposition("attachment", ""), "attachment; filename=\"download\"");
  EXPECT_EQ(content_disposition("attachment", "100%41.txt"),
            "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& strange : {bytes, std::string(100'000, '\xff'), std::string(5000, 'x')}) {
    Response response;
    add_header(response, "Content-Disposition", content_disposition("attachment", strange));
    EXPECT_TRUE(has_sound_headers(response));
    EXPECT_LT(find_header(response, "Content-Disposition")->size(), 1000U);
  }
}

TEST(ResponseHead, HasTheStandardHeadersUnlessTheHandlerSaysOtherwise) {
  Response response = text_response("abc");
  set_header(response, "x-frame-options", "SAMEORIGIN");
  set_header(response, "Content-Length", "99");
  const std::string head = response_head(response, {"id", true, true});
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  for (const char* part :
       {"X-Content-Type-Options: nosniff\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n", "Referrer-Policy: no-referrer\r\n",
        "x-frame-options: SAMEORIGIN\r\n", "Cache-Control: no-store\r\n",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
        "Strict-Transport-Security: ", "X-Request-Id: id\r\n", "Content-Length: 3\r\n",
        "Connection: close\r\n"}) {
    EXPECT_NE(head.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(head.find("DENY"), std::string::npos);
  EXPECT_EQ(head.find("99"), std::string::npos);
  const std::string plain = response_head(empty_response(304), {"id", false, false});
  EXPECT_EQ(plain.find("Content-Security-Policy"), std::string::npos);  // keeps what is stored
  EXPECT_EQ(plain.find("Strict-Transport-Security"), std::string::npos);
  EXPECT_EQ(plain.find("Content-Length"), std::string::npos);
  EXPECT_EQ(plain.find("Connection"), std::string::npos);
}

TEST(ResponseHead, SendsNoHeaderThatBreaksOut) {
  for (const std::string& evil : {std::string("a\rb"), std::string("a\nb"), std::string("a\0b", 3),
                                  std::string("a\r\nSet-Cookie: b")}) {
    Response response;
    add_header(response, "X-Name", evil);
    EXPECT_FALSE(has_sound_headers(response));
  }
  Response response;
  add_header(response, "X-Name: a\r\nY", "b");
  EXPECT_FALSE(has_sound_headers(response));
}

TEST(HostCheck, KnowsOurNames) {
  const HostCheck hosts("192.0.2.1", 8080, {"mail.example.org", "proxy.example.org:8443"});
  for (const char* ours :
       {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]", "[::1]:8080", "192.0.2.1:8080",
        "Mail.example.org", "mail.example.org:8080", "proxy.example.org:8443"}) {
    EXPECT_TRUE(hosts.is_ours(ours)) << ours;
  }
  for (const char* other :
       {"", "evil.example", "localhost:8081", "localhost.", "localhost:8080:8080", "localhost@evil",
        "evil.mail.example.org", "mail.example.org.evil", "proxy.example.org", "::1", "127.1"}) {
    EXPECT_FALSE(hosts.is_ours(other)) << other;
  }
  EXPECT_TRUE(HostCheck("2001:db8::1", 80, {}).is_ours("[2001:db8::1]:80"));
}

TEST(Cursor, ComesBackAsItWas) {
  const CursorCodec codec(std::string(32, 'k'));
  const std::vector<std::string> fields{"2026-11-23", "", std::string("\0\xff", 2)};
  const std::string cursor = codec.encode("messages q=a", fields);
  EXPECT_EQ(cursor.find_first_of("+/=%"), std::string::npos);
  EXPECT_EQ(*codec.decode("messages q=a", cursor), fields);
  EXPECT_EQ(*CursorCodec(std::string(32, 'k')).decode("messages q=a", cursor), fields);
}

TEST(Cursor, OfAnotherListOrKeyOrChangedIsRefused) {
  const CursorCodec codec(std::string(32, 'k'));
  const std::string cursor = codec.encode("messages", {"17"});
  EXPECT_EQ(codec.decode("accounts", cursor).error().code, "bad-cursor");
  EXPECT_FALSE(CursorCodec(std::string(32, 'l')).decode("messages", cursor));
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string changed = cursor;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(codec.decode("messages", changed)) << i;
    EXPECT_FALSE(codec.decode("messages", cursor.substr(0, i))) << i;
  }
  EXPECT_FALSE(codec.decode("messages", cursor + "A"));
  EXPECT_FALSE(codec.decode("messages", cursor + "="));
  EXPECT_FALSE(codec.decode("messages", std::string(100'000, 'A')));
}

TEST(RateLimiter, LetsABurstThroughAndThenTheRate) {
  RateLimiter limiter({"login", 3, 60s});
  const RateLimiter::Time start{};
  EXPECT_EQ(limiter.take("a", start).remaining, 2U);
  limiter.take("a", start);
  EXPECT_TRUE(limiter.take("a", start).is_allowed);
  const RateDecision refused = limiter.take("a", start);
  EXPECT_FALSE(refused.is_allowed);
  EXPECT_EQ(refused.until_next, 20s);
  EXPECT_TRUE(limiter.take("b", start).is_allowed);
  EXPECT_FALSE(limiter.take("a", start + 19s).is_allowed);
  EXPECT_TRUE(limiter.take("a", start + 21s).is_allowed);
  EXPECT_FALSE(limiter.take("a", start + 21s).is_allowed);
}

TEST(RateLimiter, TellsTheClientWhereItStands) {
  RateLimiter limiter({"login", 2, 60s});
  Response response;
  limiter.describe(response, limiter.take("a", {}));
  EXPECT_EQ(*find_header(response, "RateLimit-Policy"), "\"login\";q=2;w=60");
  EXPECT_EQ(*find_header(response, "RateLimit"), "\"login\";r=1;t=30");
  limiter.take("a", {});
  const Response refused = problem_response(limiter.refusal(limiter.take("a", {})), "id");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(*find_header(refused, "Retry-After"), "30");
}

TEST(RateLimiter, GivesBackWhatDidNotCount) {
  RateLimiter limiter({"login", 1, 60s});
  EXPECT_TRUE(limiter.take("a", {}).is_allowed);
  limiter.give_back("a");
  EXPECT_TRUE(limiter.take("a", {}).is_allowed);
  limiter.give_back("unknown");
}

TEST(RateLimiter, HoldsItsMemoryAndNobodysBucketIsForgotten) {
  RateLimiter limiter({"login", 2, 60s}, 100);
  const RateLimiter::Time start{};
  limiter.take("victim", start);
  limiter.take("victim", start);
  for (int i = 0; i < 10'000; ++i) limiter.take("address " + std::to_string(i), start);
  EXPECT_LE(limiter.keys(), 101U);
  EXPECT_FALSE(limiter.take("victim", start).is_allowed);
  EXPECT_FALSE(limiter.take("one more", start).is_allowed);  // in the shared bucket
  EXPECT_TRUE(limiter.take("one more", start + 120s).is_allowed);
}

}  // namespace
}  // namespace mailkeep::api
