// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/final_dot.h"

#include <gtest/gtest.h>

#include "fetcher/pop3/dot_unstuffer.h"

namespace mailkeep::fetcher::pop3 {
namespace {

struct Seen {
  std::string content;
  bool may_be_end = false;
  bool has_answer = false;
};

Seen pass(std::string_view text, std::size_t first, std::size_t second) {
  Seen seen;
  FinalDot dot;
  const auto sink = [&](std::string_view piece) -> common::Status {
    seen.content += piece;
    return {};
  };
  for (const auto& piece :
       {text.substr(0, first), text.substr(first, second - first), text.substr(second)}) {
    if (piece.empty()) continue;
    EXPECT_TRUE(dot.pass(piece, sink));
  }
  seen.may_be_end = dot.may_be_end();
  seen.has_answer = dot.has_answer_inside();
  EXPECT_TRUE(dot.release(sink));
  return seen;
}

TEST(FinalDot, SaysTheSameWhereverTheBytesAreSplit) {
  struct Case {
    std::string text;
    bool may_be_end;
    bool has_answer;
  };
  for (const Case& sample :
       {Case{"text.\r\n", true, false}, Case{"text\r\n", false, false}, Case{".\r\n", true, false},
        Case{"a.\r\nb.\r\n+O", false, false},
        Case{"text.\r\n+OK 12 octets\r\nmore\r\n", false, true},
        Case{"text.\r\n-ERR no\r\n", false, true}, Case{"text\r\n+OK\r\n", false, false},
        Case{"a.\r\n.\r\n-ER.\r\n+OK", false, true}}) {
    for (std::size_t first = 0; first <= sample.text.size(); ++first) {
      for (std::size_t second = first; second <= sample.text.size(); ++second) {
        const Seen seen = pass(sample.text, first, second);
        EXPECT_EQ(seen.content, sample.text) << first << ", " << second;
        EXPECT_EQ(seen.may_be_end, sample.may_be_end) << sample.text << first << ", " << second;
        EXPECT_EQ(seen.has_answer, sample.has_answer) << sample.text << first << ", " << second;
      }
    }
  }
}

// Thirty messages as a server would send them, cut in two at every byte.
TEST(FinalDot, ThirtyMessagesComeOutTheSameAtEverySplit) {
  for (int number = 0; number < 30; ++number) {
    std::string message = "Subject: " + std::to_string(number) + "\r\n\r\n";
    for (int line = 0; line < number; ++line)
      message += std::string(static_cast<std::size_t>((line * 7 + number) % 4), '.') +
                 std::string(static_cast<std::size_t>(line % 3), 'x') +
                 (line % 5 == 0 ? "\n" : "\r\n");
    message += "end.\r\n";
    std::string wire;
    bool is_start = true;
    for (std::size_t i = 0; i < message.size(); ++i) {
      if (is_start && message[i] == '.') wire += '.';
      wire += message[i];
      is_start = message[i] == '\n' && i > 0 && message[i - 1] == '\r';
    }
    wire += ".\r\n";
    for (std::size_t split = 0; split <= wire.size(); ++split) {
      std::string content;
      const auto sink = [&](std::string_view piece) -> common::Status {
        content += piece;
        return {};
      };
      FinalDot dot;
      const auto watch = [&](std::string_view piece) { return dot.pass(piece, sink); };
      DotUnstuffer unstuffer(false);
      const std::string_view whole = wire;
      ASSERT_EQ(*unstuffer.feed(whole.substr(0, split), watch), split);
      ASSERT_EQ(*unstuffer.feed(whole.substr(split), watch), wire.size() - split);
      ASSERT_TRUE(unstuffer.is_done());
      ASSERT_TRUE(dot.release(sink));
      ASSERT_EQ(content, message) << number << " split at " << split;
    }
  }
}

}  // namespace
}  // namespace mailkeep::fetcher::pop3
