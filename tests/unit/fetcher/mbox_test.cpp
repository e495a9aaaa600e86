// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/import/mbox.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <vector>

namespace mailkeep::fetcher {
namespace {

class CollectingSink final : public MboxSink {
 public:
  common::Status begin_message(std::uint64_t offset) override {
    offsets.push_back(offset);
    messages.emplace_back();
    return {};
  }
  common::Status bytes(std::string_view piece) override {
    messages.back() += piece;
    return {};
  }
  common::Status end_message() override {
    ++ended;
    return {};
  }
  std::vector<std::string> messages;
  std::vector<std::uint64_t> offsets;
  std::size_t ended = 0;
};

CollectingSink split(const std::string& content) {
  std::string path = testing::TempDir() + "mbox.XXXXXX";
  const int file = mkstemp(path.data());
  close(file);
  std::ofstream(path, std::ios::binary) << content;
  CollectingSink sink;
  EXPECT_TRUE(split_mbox(path, sink));
  unlink(path.c_str());
  EXPECT_EQ(sink.ended, sink.messages.size());
  return sink;
}

const std::string kFrom = "From anna@example.com Thu Jan  1 00:00:00 1970\n";

TEST(Mbox, SplitsAtSeparatorsAndKeepsLineEnds) {
  const CollectingSink got = split(kFrom + "A: 1\r\n\r\nbody\r\n\n" + kFrom + "B: 2\n\nx\n\n\n");

  EXPECT_EQ(got.messages, (std::vector<std::string>{"A: 1\r\n\r\nbody\r\n", "B: 2\n\nx\n\n"}));
  EXPECT_EQ(got.offsets.front(), 0U);
}

TEST(Mbox, TakesOneArrowOffQuotedLines) {
  const CollectingSink got = split(kFrom + ">From me\n>>From you\n> From\n\n");

  EXPECT_EQ(got.messages, std::vector<std::string>{"From me\n>From you\n> From\n"});
}

TEST(Mbox, LineThatOnlyBeginsWithFromIsText) {
  const CollectingSink got = split(kFrom + "\nFrom here on it rains.\n");

  EXPECT_EQ(got.messages, std::vector<std::string>{"\nFrom here on it rains.\n"});
}

TEST(Mbox, SeparatorNeedsAnEmptyLineBeforeIt) {
  const CollectingSink got = split(kFrom + "text\n" + kFrom + "more\n");

  EXPECT_EQ(got.messages.size(), 1U);
}

TEST(Mbox, EmptyMessagesAndEmptyFile) {
  EXPECT_TRUE(split("").messages.empty());
  EXPECT_EQ(split(kFrom + "\n" + kFrom).messages, (std::vector<std::string>{"", ""}));
}

TEST(Mbox, LineLongerThanAnyBufferComesWhole) {
  const std::string line(1'000'000, 'x');
  EXPECT_EQ(split(kFrom + line + "\n\n").messages, std::vector<std::string>{line + "\n"});
}

}  // namespace
}  // namespace mailkeep::fetcher
