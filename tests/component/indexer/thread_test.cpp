// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations: what belongs together by ids that strangers chose.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tests/component/indexer/written_index.h"

namespace mailkeep::indexer {
namespace {

class Thread : public WrittenIndex {
 protected:
  struct Mail {
    std::string id;
    std::string in_reply_to;
    std::vector<std::string> references;
    std::int64_t date = 0;
  };

  std::string put_mail(const Mail& mail, const std::vector<std::string>& accounts = {"work"}) {
    message::ParsedMessage message;
    message.message_id = mail.id;
    message.in_reply_to = mail.in_reply_to;
    message.references = mail.references;
    message.text = "a word of text";
    if (mail.date > 0) message.date = mail.date;
    return put(message, accounts);
  }

  search::Thread thread_of(const std::string& id, const search::ThreadOptions& options = {}) {
    auto thread = open_searcher().thread_of(id, options);
    EXPECT_TRUE(thread) << thread.error().text;
    return thread.value_or(search::Thread());
  }
};

TEST_F(Thread, IsTheSameFromEachOfItsMessagesOldestFirst) {
  const std::string answer = put_mail({"answer@x", "root@x", {"root@x"}, 200});
  const std::string root = put_mail({"root@x", "", {}, 100});
  const std::string undated = put_mail({"undated@x", "answer@x", {}, 0});
  const std::string last = put_mail({"last@x", "", {"root@x", "answer@x"}, 300});
  put_mail({"other@x", "elsewhere@x", {}, 150});
  commit();
  for (const std::string& id : {answer, root, undated, last}) {
    const auto thread = thread_of(id);
    EXPECT_EQ(ids_of(thread.messages), (std::vector{root, answer, last, undated}));
    EXPECT_EQ(thread.root, root);
    EXPECT_FALSE(thread.is_truncated);
  }
  const auto hit = thread_of(last).messages.at(2);
  EXPECT_EQ(hit.message_id, "last@x");
  EXPECT_EQ(hit.references, (std::vector<std::string>{"root@x", "answer@x"}));
  EXPECT_EQ(search("references:root@x").total, 2U);
  EXPECT_EQ(search("in-reply-to:<answer@x>").total, 2U);
}

TEST_F(Thread, JoinsAnswersToAMessageThatIsNotArchived) {
  const std::string one = put_mail({"one@x", "gone@x", {}, 100});
  const std::string two = put_mail({"two@x", "", {"gone@x"}, 200});
  commit();
  EXPECT_EQ(ids_of(thread_of(two).messages), (std::vector{one, two}));
}

TEST_F(Thread, OfAMessageWithoutIdsIsItsOwn) {
  const std::string one = put_mail({"", "", {}, 100});
  const std::string two = put_mail({"", "", {}, 200});
  commit();
  EXPECT_EQ(ids_of(thread_of(one).messages), std::vector{one});
  EXPECT_EQ(thread_of(two).root, two);
}

TEST_F(Thread, ShowsNothingOutsideTheScopeThoughItConnects) {
  const std::string root = put_mail({"root@x", "", {}, 100}, {"mine", "hidden"});
  const std::string hidden = put_mail({"hidden@x", "root@x", {}, 200}, {"hidden"});
  const std::string last = put_mail({"last@x", "hidden@x", {}, 300}, {"mine"});
  commit();
  const auto seen = thread_of(last, {{{"mine"}}, 2});
  EXPECT_EQ(ids_of(seen.messages), (std::vector{root, last}));
  EXPECT_FALSE(seen.is_truncated);
  for (const auto& hit : seen.messages) EXPECT_EQ(hit.accounts, std::vector<std::string>{"mine"});
  EXPECT_EQ(thread_of(last).messages.size(), 3U);
  const auto none = open_searcher().thread_of(hidden, {{{"mine"}}, 10});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, common::ErrorKind::NotFound);
  const auto unknown = open_searcher().thread_of(std::string(64, '0'));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().text, none.error().text);
}

TEST_F(Thread, StaysSmallWhenThousandsShareAnId) {
  for (int i = 0; i < 5'000; ++i)
    put_mail({"same@x", "", {fmt::format("r{}@x", i)}, 1'000 - i % 900});
  const std::string asked = put_mail({"same@x", "", {}, 2'000});
  commit();
  const auto begin = std::chrono::steady_clock::now();
  const auto thread = thread_of(asked);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(thread.messages.size(), 1'000U);
  EXPECT_TRUE(thread.is_truncated);
  EXPECT_EQ(thread.messages.back().id, asked);
  EXPECT_TRUE(std::is_sorted(thread.messages.begin(), thread.messages.end(),
                             [](const auto& a, const auto& b) { return a.date < b.date; }));
}

TEST_F(Thread, EndsItsWalkThoughNothingOnTheWayMayBeSeen) {
  const std::string asked = put_mail({"same@x", "", {}, 1}, {"mine"});
  for (int i = 0; i < 10'100; ++i) put_mail({"same@x", "", {}, 1}, {"hidden"});
  commit();
  const auto thread = thread_of(asked, {{{"mine"}}, 10});
  EXPECT_EQ(ids_of(thread.messages), std::vector{asked});
  EXPECT_TRUE(thread.is_truncated);
}

TEST_F(Thread, HoldsThoughAHeaderNamesThousands) {
  std::vector<std::string> many;
  many.reserve(20'000);
  for (int i = 0; i < 20'000; ++i) many.push_back(fmt::format("r{}@x", i));
  const std::string long_id(3'000, 'z');
  const std::string root = put_mail({"r0@x", "", {}, 1});
  const std::string last = put_mail({long_id, "", many, 3});
  const std::string near = put_mail({"r19999@x", "", {}, 2});
  const std::string answer = put_mail({"answer@x", long_id, {}, 4});
  commit();
  const auto thread = thread_of(root);
  EXPECT_EQ(ids_of(thread.messages), (std::vector{root, near, last, answer}));
  EXPECT_EQ(thread.messages.at(2).references.size(), 50U);
  EXPECT_EQ(thread.messages.at(2).references.back(), "r19999@x");
  EXPECT_LE(thread.messages.at(2).message_id.size(), 998U);
}

}  // namespace
}  // namespace mailkeep::indexer
