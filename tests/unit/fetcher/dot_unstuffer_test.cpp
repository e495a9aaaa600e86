// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/dot_unstuffer.h"

#include <gtest/gtest.h>

namespace mailkeep::fetcher::pop3 {
namespace {

struct Case {
  const char* name;
  std::string wire;
  std::string message;
  bool is_bare_lf = false;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases{
      {"empty", ".\r\n", ""},
      {"one line", "a\r\n.\r\n", "a\r\n"},
      {"only a line end", "\r\n.\r\n", "\r\n"},
      {"stuffed dot", "..\r\n.\r\n", ".\r\n"},
      {"stuffed dots", "a\r\n...b\r\n..\r\n.\r\n", "a\r\n..b\r\n.\r\n"},
      {"dot inside a line", "a.b.\r\n.\r\n", "a.b.\r\n"},
      {"bare LF is content", "a\n.\nb\n..c\r\n.\r\n", "a\n.\nb\n..c\r\n"},
      {"bare CR is content", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n"},
      {"CR before CRLF", "a\r\r\n.\r\n", "a\r\r\n"},
      {"dot and CR that end nothing", "..\r.\r\n.\r\n", ".\r.\r\n"},
      {"dot, CR, more", ".\rx\r\n.\r\n", "\rx\r\n"},
      {"NUL and 8-bit", std::string("\0\xff\r\n.\r\n", 7), std::string("\0\xff\r\n", 4)},
      {"end without CR", "a\r\n.\n", "a\r\n"},
      {"empty, end without CR", ".\n", ""},
      {"lines of a server that knows no CR", "a\n..b\n.\n", "a\n.b\n", true},
      {"the same server, empty", ".\n", "", true},
  };
  return kCases;
}

TEST(DotUnstuffer, GivesBackTheExactBytesWhereverTheyAreSplit) {
  const std::string behind = "+OK next\r\n";
  for (const Case& sample : cases()) {
    const std::string stream = sample.wire + behind;
    for (std::size_t first = 0; first <= stream.size(); ++first) {
      for (std::size_t second = first; second <= stream.size(); ++second) {
        DotUnstuffer unstuffer(sample.is_bare_lf);
        std::string message;
        const auto sink = [&](std::string_view piece) -> common::Status {
          message += piece;
          return {};
        };
        std::size_t used = *unstuffer.feed(std::string_view(stream).substr(0, first), sink);
        if (used == first) {
          used += *unstuffer.feed(std::string_view(stream).substr(first, second - first), sink);
        }
        if (used == second) used += *unstuffer.feed(std::string_view(stream).substr(second), sink);
        ASSERT_TRUE(unstuffer.is_done()) << sample.name << " split at " << first << ", " << second;
        ASSERT_EQ(used, sample.wire.size())
            << sample.name << " split at " << first << ", " << second;
        ASSERT_EQ(message, sample.message)
            << sample.name << " split at " << first << ", " << second;
      }
    }
  }
}

TEST(DotUnstuffer, IsNotDoneBeforeTheEnd) {
  for (const Case& sample : cases()) {
    DotUnstuffer unstuffer(sample.is_bare_lf);
    const std::string_view start = std::string_view(sample.wire).substr(0, sample.wire.size() - 1);
    ASSERT_TRUE(unstuffer.feed(start, [](std::string_view) -> common::Status { return {}; }));
    EXPECT_FALSE(unstuffer.is_done()) << sample.name;
  }
}

TEST(DotUnstuffer, StopsAtTheSinksError) {
  DotUnstuffer unstuffer(false);
  const auto result = unstuffer.feed("a\r\n.\r\n", [](std::string_view) -> common::Status {
    return common::fail(common::ErrorKind::Limit, "full");
  });

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, common::ErrorKind::Limit);
}

}  // namespace
}  // namespace mailkeep::fetcher::pop3
