// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/access_log.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include "store/verify.h"
#include "tests/component/api/api_fixture.h"

namespace mailkeep::api {
namespace {

class AccessLogTest : public store::StoreTest {
 protected:
  static Caller rita() {
    Caller caller;
    caller.user = "rita";
    caller.token_prefix = "abcdefgh";
    return caller;
  }
  static Request request() {
    Request asked;
    asked.peer = "192.0.2.1";
    asked.id = "request-1";
    return asked;
  }
  std::uint64_t count() { return store::Journal(archive()).count_events({}).value(); }
};
MAILKEEP_BOTH_ENGINES(AccessLogTest);

TEST_P(AccessLogTest, IsDurableWhenItReturns) {
  AccessLog log(archive());
  Request asked = request();
  asked.headers.add("User-Agent", "curl/7 \"x\"");
  asked.headers.add("X-Purpose", "case-7");
  ASSERT_TRUE(log.record(rita(), asked, {.action = "view", .object = "abc", .count = 3}));
  auto other = open_another(store::Access::ReadOnly);
  ASSERT_OK(other);
  const auto events = store::Journal(**other).events({});
  ASSERT_OK(events);
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().kind, "access");
  EXPECT_EQ(events->front().text,
            R"({"action":"view","object":"abc","user":"rita","token":"abcdefgh",)"
            R"("peer":"192.0.2.1","agent":"curl/7 \"x\"","purpose":"case-7",)"
            R"("request":"request-1","count":3})");
}

TEST_P(AccessLogTest, BoundsAndEscapesEveryField) {
  Request asked = request();
  asked.headers.add("User-Agent", std::string(5000, 'a'));
  asked.headers.add("X-Purpose", "line\nbreak \xff");
  const std::string text =
      access_text(rita(), asked, {.action = "search", .object = std::string(100'000, 'q')});
  EXPECT_LT(text.size(), 20'000U);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_TRUE(parse_json(text));
}

TEST_P(AccessLogTest, SaysSoWhenItCannotWrite) {
  reopen(store::Access::ReadOnly);
  AccessLog log(archive());
  const auto refused = log.record(rita(), request(), {.action = "view", .object = "abc"});
  ASSERT_FALSE(refused);
  EXPECT_GE(refused.error().status, 500);
}

TEST_P(AccessLogTest, WritesTogetherWhatComesInTogether) {
  constexpr int kThreads = 50;
  constexpr int kEach = 40;
  AccessLog log(archive());
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> readers;
    readers.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i)
      readers.emplace_back([&log] {
        for (int j = 0; j < kEach; ++j)
          EXPECT_TRUE(log.record(rita(), request(), {.action = "view", .object = "abc"}));
      });
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(count(), static_cast<std::uint64_t>(kThreads * kEach));
  std::printf("%s: %d entries by %d threads in %.2f s: %.0f entries/s\n", GetParam().c_str(),
              kThreads * kEach, kThreads, took.count(), kThreads * kEach / took.count());
  const auto report = store::verify(archive(), {});
  ASSERT_OK(report);
  EXPECT_TRUE(report->faults.empty());
}

}  // namespace
}  // namespace mailkeep::api
