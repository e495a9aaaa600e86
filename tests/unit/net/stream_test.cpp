// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/stream.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/scripted_server.h"

namespace mailkeep::net {
namespace {

using common::ErrorKind;
using namespace std::chrono_literals;
using test::raw;
using test::ScriptedServer;
using test::Slicing;
using test::stall;

Patience short_patience() {
  Patience patience;
  patience.silence = 150ms;
  patience.floor_window = 150ms;
  return patience;
}

std::unique_ptr<ByteStream> connect_to(const ScriptedServer& server, const Patience& patience = {},
                                       std::stop_token stop = {}) {
  auto stream = ByteStream::connect({"127.0.0.1", server.port()}, patience, std::move(stop));
  EXPECT_TRUE(stream) << stream.error().text;
  return std::move(*stream);
}

class ByteStreamSliced : public testing::TestWithParam<Slicing> {};
INSTANTIATE_TEST_SUITE_P(Slicing, ByteStreamSliced,
                         testing::Values(Slicing::Whole, Slicing::OneByte));

TEST_P(ByteStreamSliced, ReadsLinesAndExactBytesInTurn) {
  ScriptedServer server({{raw("first\r\nsecond\nab\r\ncd")}}, GetParam());
  auto stream = connect_to(server);

  EXPECT_EQ(*stream->read_line(100), "first");
  EXPECT_TRUE(stream->line_had_cr());
  EXPECT_EQ(*stream->read_line(100), "second");
  EXPECT_FALSE(stream->line_had_cr());
  std::string bytes;
  ASSERT_TRUE(stream->read_exact(6, [&](std::string_view piece) -> common::Status {
    bytes += piece;
    return {};
  }));
  EXPECT_EQ(bytes, "ab\r\ncd");
}

TEST_P(ByteStreamSliced, TakesLineOfTheLimitAndRefusesOneByteMore) {
  const std::string line(1000, 'x');
  for (const char* end : {"\r\n", "\n"}) {
    ScriptedServer server({{raw(line + end + line + "x" + end)}}, GetParam());
    auto stream = connect_to(server);

    EXPECT_EQ(stream->read_line(1000)->size(), 1000U);
    const auto refused = stream->read_line(1000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Limit);
  }
}

TEST(ByteStream, RefusesEndlessLineWithoutHoldingMoreThanItsLimit) {
  ScriptedServer server({{raw(std::string(300'000, 'x')), stall()}});
  auto stream = connect_to(server);

  const auto refused = stream->read_line(200'000);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Limit);
}

TEST(ByteStream, ReadsLineLongerThanItsBuffer) {
  const std::string line(1'000'000, 'y');
  ScriptedServer server({{raw(line + "\r\nnext\r\n")}});
  auto stream = connect_to(server);

  EXPECT_EQ(stream->read_line(1U << 20U)->size(), line.size());
  EXPECT_EQ(*stream->read_line(10), "next");
}

TEST(ByteStream, EndsSilenceWithTimeout) {
  ScriptedServer server({{raw("a"), stall()}});
  auto stream = connect_to(server, short_patience());

  const auto line = stream->read_line(10);

  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::Timeout);
}

TEST(ByteStream, EndsTrickleThatStaysBelowTheFloor) {
  ScriptedServer server({{raw(std::string(64, 'x')), stall()}}, Slicing::OneByte);
  Patience patience = short_patience();
  patience.silence = 60'000ms;  // so that only the floor can end it
  auto stream = connect_to(server, patience);

  const auto line = stream->read_line(1000);

  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::Timeout);
  EXPECT_NE(line.error().text.find("bytes a second"), std::string::npos);
}

TEST(ByteStream, DoesNotCountOurOwnPausesAgainstTheServer) {
  ScriptedServer server({{raw("a\r\n"), test::expect("go"), raw("b\r\n")}});
  auto stream = connect_to(server, short_patience());
  ASSERT_TRUE(stream->read_line(10));
  // Longer than the window of the floor, as a slow disk of ours would be.
  EXPECT_FALSE(*stream->wait_readable(common::Deadline::in(200ms)));

  ASSERT_TRUE(stream->write("go\r\n"));
  EXPECT_EQ(*stream->read_line(10), "b");
}

TEST(ByteStream, StopsWaitingWhenAskedTo) {
  ScriptedServer server({{stall()}});
  std::stop_source source;
  auto stream = connect_to(server, {}, source.get_token());
  const auto began = std::chrono::steady_clock::now();

  std::jthread stopper([&source] { source.request_stop(); });
  const auto line = stream->read_line(10);

  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::Cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(ByteStream, KeepsToTheOverallLimit) {
  ScriptedServer server({{stall()}});
  auto stream = connect_to(server);
  stream->limit_until(common::Deadline::in(50ms));

  const auto line = stream->read_line(10);

  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::Timeout);
}

TEST(ByteStream, WaitsForNewsWithoutEndingTheConnection) {
  ScriptedServer server({{test::expect("go"), raw("news\r\n"), stall()}});
  auto stream = connect_to(server);

  EXPECT_FALSE(*stream->wait_readable(common::Deadline::in(30ms)));
  ASSERT_TRUE(stream->write("go\r\n"));
  EXPECT_TRUE(*stream->wait_readable(common::Deadline::in(5s)));
  EXPECT_EQ(*stream->read_line(10), "news");
}

TEST(ByteStream, NamesTheServerThatRefusesTheConnection) {
  std::uint16_t port = 0;
  {
    ScriptedServer server({});
    port = server.port();
  }
  const auto stream = ByteStream::connect({"127.0.0.1", port}, {}, {});

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().kind, ErrorKind::Network);
  EXPECT_NE(stream.error().text.find(std::to_string(port)), std::string::npos);
}

TEST(ByteStream, ReportsTheEndOfTheConnectionAsNetworkError) {
  ScriptedServer server({{raw("half a line")}});
  auto stream = connect_to(server);

  const auto line = stream->read_line(100);

  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::Network);
}

}  // namespace
}  // namespace mailkeep::net
