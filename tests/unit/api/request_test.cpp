// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "api/request_body_internal.h"
#include "api/request_head_internal.h"

namespace mailkeep::api {
namespace {

const Limits kLimits;

tl::expected<RequestHead, Problem> read_whole(std::string_view bytes) {
  HeadReader reader(kLimits);
  const auto taken = reader.feed(bytes);
  if (!taken) return tl::unexpected(taken.error());
  if (!reader.is_complete()) return refuse("request-timeout", "not complete");
  return reader.take();
}

tl::expected<RequestHead, Problem> read_bytewise(std::string_view bytes) {
  HeadReader reader(kLimits);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto taken = reader.feed(bytes.substr(i, 1));
    if (!taken) return tl::unexpected(taken.error());
    if (reader.is_complete()) return reader.take();
  }
  return refuse("request-timeout", "not complete");
}

// The status of the refusal, or 0; the same whether the bytes come at once or one by one.
int status_of(std::string_view bytes) {
  const auto whole = read_whole(bytes);
  const auto bytewise = read_bytewise(bytes);
  EXPECT_EQ(whole.has_value(), bytewise.has_value()) << bytes.substr(0, 200);
  if (!whole && !bytewise) {
    EXPECT_EQ(whole.error().code, bytewise.error().code);
  }
  return whole ? 0 : whole.error().status;
}

std::string with(std::string_view field) {
  return "POST /a HTTP/1.1\r\nHost: localhost\r\n" + std::string(field) + "\r\n\r\n";
}

TEST(HeadReader, ReadsARequestByteByByte) {
  const auto head = read_bytewise(
      "\r\nPOST /a/b?c=d HTTP/1.1\r\nhOST: localhost:80\r\nX-List: a\r\nX-List:\t b \r\n"
      "Cookie: a=1\r\nCookie: b=2\r\nContent-Length: 12\r\nExpect: 100-Continue\r\n"
      "Connection: keep-alive, Close\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->request.method, Method::Post);
  EXPECT_EQ(head->request.path, "/a/b");
  EXPECT_EQ(query_value(head->request, "c"), "d");
  EXPECT_EQ(head->host, "localhost:80");
  EXPECT_EQ(*head->request.headers.find("x-list"), "a, b");
  EXPECT_EQ(cookie_value(head->request, "b"), "2");
  EXPECT_EQ(cookie_value(head->request, "c"), std::nullopt);
  EXPECT_EQ(head->content_length, 12U);
  EXPECT_TRUE(head->expects_continue);
  EXPECT_TRUE(head->wants_close);
}

TEST(HeadReader, LeavesWhatComesAfterTheBlock) {
  HeadReader reader(kLimits);
  const std::string one = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(*reader.feed(one + "GET /b"), one.size());
  EXPECT_TRUE(reader.take());
  EXPECT_FALSE(reader.has_begun());
  EXPECT_EQ(*reader.feed(one), one.size());
  EXPECT_TRUE(reader.take());
}

TEST(HeadReader, RefusesAmbiguousFraming) {
  EXPECT_EQ(status_of(with("Content-Length: 5\r\nTransfer-Encoding: chunked")), 400);
  EXPECT_EQ(status_of(with("Transfer-Encoding: chunked\r\nContent-Length: 5")), 400);
  EXPECT_EQ(status_of(with("Content-Length: 5\r\nContent-Length: 5")), 400);
  EXPECT_EQ(status_of(with("Content-Length: 5\r\nContent-Length: 6")), 400);
  for (const char* length : {"5, 5", "+5", "-1", "0x5", "5 5", "", "5.0", "99999999999999999999"}) {
    EXPECT_EQ(status_of(with("Content-Length: " + std::string(length))), 400) << length;
  }
  EXPECT_EQ(status_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")), 400);
  for (const char* coding : {"gzip, chunked", "identity", "chunked, chunked", "xchunked", "",
                             "\"chunked\"", "chunked;q=1"}) {
    EXPECT_EQ(status_of(with("Transfer-Encoding: " + std::string(coding))), 501) << coding;
  }
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"), 400);
  EXPECT_EQ(status_of(with("Transfer-Encoding: Chunked")), 0);
  EXPECT_EQ(status_of(with("Content-Length: 0")), 0);
}

TEST(HeadReader, RefusesBrokenLines) {
  EXPECT_EQ(status_of(with("X: a\r\n folded")), 400);
  EXPECT_EQ(status_of(with("X: a\r\n\tfolded")), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(status_of(with("X: a\nY: b")), 400);
  EXPECT_EQ(status_of(with("X: a\rY: b")), 400);
  EXPECT_EQ(status_of(with("X : a")), 400);
  EXPECT_EQ(status_of(with(": a")), 400);
  EXPECT_EQ(status_of(with("no colon")), 400);
  EXPECT_EQ(status_of(with("X(: a")), 400);
  EXPECT_EQ(status_of(with("X: a\x01")), 400);
  EXPECT_EQ(status_of(with("X: a\x7f")), 400);
  EXPECT_EQ(status_of(with("X: \xff")), 400);
  EXPECT_EQ(status_of(with(std::string_view("X: a\0b", 6))), 400);
  EXPECT_EQ(status_of("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of(with("X:")), 0);
  EXPECT_EQ(status_of(with("X: \xc3\xa4")), 0);
}

TEST(HeadReader, RefusesRequestLinesThatAreNot) {
  const std::string host = "\r\nHost: a\r\n\r\n";
  EXPECT_EQ(status_of("GET /" + host), 400);
  EXPECT_EQ(status_of("GET  / HTTP/1.1" + host), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1 " + host), 400);
  EXPECT_EQ(status_of(" GET / HTTP/1.1" + host), 400);
  EXPECT_EQ(status_of("GET\t/\tHTTP/1.1" + host), 400);
  EXPECT_EQ(status_of("GET / b HTTP/1.1" + host), 400);
  EXPECT_EQ(status_of("GET / http/1.1" + host), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1x" + host), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.2" + host), 505);
  EXPECT_EQ(status_of("GET / HTTP/2.0" + host), 505);
  EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(status_of("get / HTTP/1.1" + host), 501);
  EXPECT_EQ(status_of("TRACE / HTTP/1.1" + host), 501);
  EXPECT_EQ(status_of("CONNECT a:443 HTTP/1.1" + host), 501);
  EXPECT_EQ(status_of("G(T / HTTP/1.1" + host), 400);
}

TEST(HeadReader, WantsOneHost) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET http://A/ HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(HeadReader, StopsAtItsLimits) {
  EXPECT_EQ(status_of("GET /" + std::string(9000, 'a')), 414);
  EXPECT_EQ(status_of(with("X: " + std::string(40'000, 'a'))), 431);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: a\r\n";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n" + many), 431);
  std::string enough = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i) enough += "X: a\r\n";
  EXPECT_EQ(status_of(enough + "\r\n"), 0);
}

RequestHead chunked() {
  RequestHead head;
  head.is_chunked = true;
  return head;
}

// The body, or "!" and the code of the refusal, or "?" where it is not complete.
std::string body_of(const RequestHead& head, std::string_view bytes, std::uint64_t max = 100,
                    std::size_t step = 1) {
  BodyReader reader(head, max);
  while (!bytes.empty() && !reader.is_complete()) {
    const auto taken = reader.feed(bytes.substr(0, step));
    if (!taken) return "!" + taken.error().code;
    bytes.remove_prefix(*taken);
  }
  if (!reader.is_complete()) return "?";
  return reader.take() + (bytes.empty() ? "" : "+" + std::string(bytes));
}

TEST(BodyReader, ReadsChunks) {
  for (const std::size_t step : {1U, 7U, 1000U}) {
    EXPECT_EQ(body_of(chunked(), "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\nnext", 100, step),
              "abc0123456789+next");
    EXPECT_EQ(body_of(chunked(), "1\r\na\r\n0\r\nX-Trailer: b\r\n\r\n", 100, step), "a");
    EXPECT_EQ(body_of(chunked(), "0\r\n\r\n", 100, step), "");
  }
}

TEST(BodyReader, RefusesBrokenChunks) {
  for (const char* bad : {"\r\n", "g\r\n", " 3\r\nabc", "3 \r\nabc", "-1\r\n", "0x3\r\nabc",
                          "3\nabc", "3\r\nabcd", "3\r\nabc\n", "3\r\nabc\rx", "123456789\r\n",
                          "3;\x01\r\n", "0\r\n folded\r\n\r\n", "0\r\nno colon\r\n\r\n"}) {
    EXPECT_EQ(body_of(chunked(), bad), "!bad-request") << bad;
  }
  EXPECT_EQ(body_of(chunked(), "3;" + std::string(300, 'x')), "!bad-request");
  EXPECT_EQ(body_of(chunked(), "0\r\nX:" + std::string(5000, 'x')), "!headers-too-large");
  EXPECT_EQ(body_of(chunked(), "3\r\nab"), "?");
}

TEST(BodyReader, HoldsChunksToTheLimitBeforeTheyCome) {
  EXPECT_EQ(body_of(chunked(), "65\r\n"), "!content-too-large");
  EXPECT_EQ(body_of(chunked(), "ffffffff\r\n"), "!content-too-large");
  EXPECT_EQ(body_of(chunked(), "3\r\nabc\r\n2\r\n", 4), "!content-too-large");
}

TEST(BodyReader, ReadsAnAnnouncedLength) {
  RequestHead head;
  head.content_length = 3;
  EXPECT_EQ(body_of(head, "abcdef"), "abc+def");
  EXPECT_EQ(body_of(head, "abcdef", 100, 50), "abc+def");
  EXPECT_EQ(body_of(head, "ab"), "?");
  EXPECT_FALSE(check_announced_length(head, 2));
  EXPECT_TRUE(check_announced_length(head, 3));
}

TEST(Cookie, ThatStandsTwiceCountsAsNone) {
  Request request;
  request.headers.add("Cookie", "session=a; other=x");
  request.headers.add("Cookie", "session=b");
  EXPECT_EQ(cookie_value(request, "session"), std::nullopt);
  EXPECT_EQ(cookie_value(request, "other"), "x");
}

}  // namespace
}  // namespace mailkeep::api
