// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/parser_pool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "message/wire.h"

namespace mailkeep::message {
namespace {

using std::chrono::milliseconds;

std::string mail(int number) {
  return fmt::format("Subject: number {}\r\n\r\nbody {}\r\n", number, number);
}

bool is_marked_dead(const ParsedMessage& message) {
  return std::find(message.unsearchable.begin(), message.unsearchable.end(), "parser-died") !=
         message.unsearchable.end();
}

TEST(ParserPool, AnswersInOrderOverManyLifetimesOfTheChild) {
  std::vector<std::string> raws;
  for (int i = 0; i < 1'000; ++i) raws.push_back(mail(i));
  ParserPool pool(MAILKEEP_PARSER_CHILD);
  const auto answers = pool.parse(raws);
  ASSERT_TRUE(answers) << answers.error().text;
  ASSERT_EQ(answers->size(), raws.size());
  for (int i = 0; i < 1'000; ++i)
    EXPECT_EQ(answers->at(static_cast<std::size_t>(i)).subject, fmt::format("number {}", i));
}

TEST(ParserPool, TakesMessagesLargerThanALifetime) {
  const std::vector<std::string> raws = {mail(1), mail(2) + std::string(70UL << 20U, 'x'), mail(3)};
  ParserPool pool(MAILKEEP_PARSER_CHILD);
  const auto answers = pool.parse(raws);
  ASSERT_TRUE(answers) << answers.error().text;
  ASSERT_EQ(answers->size(), 3U);
  EXPECT_EQ(answers->at(1).subject, "number 2");
  EXPECT_EQ(answers->at(2).subject, "number 3");
}

TEST(ParserPool, WorksInTwoSteps) {
  ParserPool pool(MAILKEEP_PARSER_CHILD);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(pool.submit({mail(round), mail(round + 1)}));
    const auto answers = pool.collect();
    ASSERT_TRUE(answers) << answers.error().text;
    ASSERT_EQ(answers->size(), 2U);
    EXPECT_EQ(answers->at(1).subject, fmt::format("number {}", round + 1));
  }
}

#ifdef MAILKEEP_FAULT_POINTS
class MisbehavingParser : public testing::TestWithParam<const char*> {};

TEST_P(MisbehavingParser, CostsOneTextAndHarmsNoOther) {
  std::vector<std::string> raws = {mail(0), mail(1), mail(2), mail(3)};
  raws[1] = fmt::format("X-Mailkeep-Test-Parser: {}\r\n", GetParam()) + raws[1];
  ParserPool pool(MAILKEEP_PARSER_CHILD, milliseconds(1'500));
  const auto answers = pool.parse(raws);
  ASSERT_TRUE(answers) << answers.error().text;
  ASSERT_EQ(answers->size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(is_marked_dead(answers->at(i)), i == 1) << i;
    EXPECT_EQ(answers->at(i).subject, fmt::format("number {}", i));
  }
  EXPECT_TRUE(answers->at(1).text.empty());
}

INSTANTIATE_TEST_SUITE_P(All, MisbehavingParser,
                         testing::Values("die", "loop", "memory", "garble", "open", "connect",
                                         "exec", "fork"),
                         [](const auto& test) { return std::string(test.param); });

#endif

// What the cage must still allow: every charset, also unknown ones, HTML, odd time zones.
TEST(ParserPool, ReadsEverythingWithoutReachingForAFile) {
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {"iso-2022-jp", "\x1b$BF|K\\8l\x1b(B"},
      {"gb18030", "\xc4\xe3\xba\xc3"},
      {"euc-kr", "\xbe\xc8\xb3\xe7"},
      {"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4"},
      {"windows-1251", "\xcf\xf0\xe8\xe2"},
      {"big5", "\xa7\x41\xa6\x6e"},
      {"shift_jis", "\x93\xfa\x96\x7b"},
      {"utf-7", "gr+APw-"},
      {"x-klingon", "plain"},
      {"ANSI_X3.110", "plain"},
      {"ISO_5428", "plain"},
      {"utf-16le", std::string("h\0i\0", 4)},
  };
  std::vector<std::string> raws;
  for (const auto& [charset, bytes] : bodies)
    raws.push_back(
        fmt::format("Subject: =?{}?Q?abc?=\r\nDate: 1 Jan 2024 10:00 Mars/Olympus\r\n"
                    "Content-Type: text/plain; charset={}\r\n\r\n{}\r\n",
                    charset, charset, bytes));
  ParserPool pool(MAILKEEP_PARSER_CHILD);
  const auto answers = pool.parse(raws);
  ASSERT_TRUE(answers) << answers.error().text;
  for (std::size_t i = 0; i < raws.size(); ++i) {
    EXPECT_FALSE(is_marked_dead(answers->at(i))) << bodies[i].first;
    EXPECT_FALSE(answers->at(i).text.empty()) << bodies[i].first;
  }
  EXPECT_NE(answers->at(0).text.find("日本語"), std::string::npos);
  EXPECT_NE(answers->at(3).text.find("Привет"), std::string::npos);
}

TEST(ParserPool, SaysWhenNoChildCanBeStarted) {
  for (const char* program : {"/nonexistent/parser", "/bin/true"}) {
    ParserPool pool(program);
    const std::vector<std::string> raws = {mail(1)};
    const auto answers = pool.parse(raws);
    ASSERT_FALSE(answers) << program;
    EXPECT_EQ(answers.error().kind, common::ErrorKind::Config);
  }
}

TEST(ParserWire, CarriesEveryFieldAndRefusesDamage) {
  ParsedMessage message;
  message.message_id = "1@x";
  message.references = {"a", "b"};
  message.from = {{"Anna", "a@x"}};
  message.date = -5;
  message.text = "text";
  message.attachments = {{"1.2", "f", "a/b", 7}};
  message.oddities = {"odd"};
  message.unsearchable = {"why"};
  const std::string bytes = encode(message);
  const auto back = decode(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->references, message.references);
  EXPECT_EQ(back->date, message.date);
  EXPECT_EQ(back->attachments.at(0).size, 7U);
  EXPECT_EQ(back->unsearchable, message.unsearchable);
  EXPECT_EQ(encode(*back), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode(bytes.substr(0, cut)));
  EXPECT_FALSE(decode(bytes + "x"));
  message.subject = "\xff";
  EXPECT_FALSE(decode(encode(message)));
}

}  // namespace
}  // namespace mailkeep::message
