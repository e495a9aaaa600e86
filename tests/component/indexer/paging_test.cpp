// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of an answer that do not move while the index grows.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "tests/component/indexer/written_index.h"

namespace mailkeep::indexer {
namespace {

using search::SearchOptions;

class Paging : public WrittenIndex {
 protected:
  // Dates collide, and every seventh has none.
  std::string put_some(const std::vector<std::string>& accounts = {"work"}) {
    message::ParsedMessage message;
    message.text = "word";
    const auto number = random_();
    if (number % 7 != 0) message.date = static_cast<std::int64_t>(number % 100);
    std::string id = put(message, accounts);
    dates_[id] = message.date.value_or(-1);
    return id;
  }

  // Newest first, undated last, then by id, as far as they were put until now.
  std::vector<std::string> expected() const {
    std::vector<std::pair<std::int64_t, std::string>> all;
    for (const auto& [id, date] : dates_) all.emplace_back(date, id);
    std::sort(all.rbegin(), all.rend());
    std::vector<std::string> ids;
    ids.reserve(all.size());
    for (const auto& [date, id] : all) ids.push_back(id);
    return ids;
  }

  // Every page, each by the one before; `between` runs before each but the first.
  static std::vector<std::string> all_pages(search::Searcher& searcher, SearchOptions options,
                                            const std::function<void()>& between) {
    std::vector<std::string> ids;
    std::optional<std::uint64_t> total;
    for (;;) {
      const auto page = searcher.search("word", options);
      if (!page) {
        ADD_FAILURE() << page.error().text;
        return ids;
      }
      EXPECT_EQ(page->total, total.value_or(page->total));
      EXPECT_EQ(page->snapshot, options.snapshot.value_or(page->snapshot));
      total = page->total;
      if (page->hits.empty()) break;
      for (const auto& hit : page->hits) ids.push_back(hit.id);
      options.snapshot = page->snapshot;
      options.after = page->hits.back().order;
      between();
    }
    EXPECT_EQ(ids.size(), total);
    return ids;
  }

 private:
  std::mt19937 random_{7};
  std::map<std::string, std::int64_t> dates_;
};

TEST_F(Paging, GivesEachMessageOnceWhileOthersComeBetweenThePages) {
  for (int i = 0; i < 300; ++i) put_some();
  commit();
  const auto wanted = expected();
  auto searcher = open_searcher();
  SearchOptions options;
  options.limit = 17;
  const auto found = all_pages(searcher, options, [&] {
    for (int i = 0; i < 10; ++i) put_some();
    commit();
  });
  EXPECT_EQ(found, wanted);
  EXPECT_GT(searcher.count("word").value(), 400U);
}

TEST_F(Paging, HoldsWhileAnIndexerIsAtWork) {
  std::vector<std::string> first;
  first.reserve(300);
  for (int i = 0; i < 300; ++i) first.push_back(put_some());
  commit();
  const auto wanted = expected();
  std::atomic<int> commits = 0;
  std::jthread indexer([&](const std::stop_token& stop) {
    for (std::size_t i = 0; !stop.stop_requested(); ++i) {
      put_some();
      see_again(first[i % first.size()], "other");
      commit();
      ++commits;
    }
  });
  auto searcher = open_searcher();
  SearchOptions options;
  options.limit = 5;
  options.snapshot = 300;
  for (int round = 0; round < 3 || commits < 20; ++round)
    ASSERT_EQ(all_pages(searcher, options, [] {}), wanted);
}

TEST_F(Paging, DoesNotLetInWhatAnotherAccountSawLater) {
  std::vector<std::string> shared;
  shared.reserve(40);
  for (int i = 0; i < 40; ++i) put_some({"mine"});
  for (int i = 0; i < 40; ++i) shared.push_back(put_some({"yours"}));
  commit();
  auto searcher = open_searcher();
  SearchOptions options;
  options.limit = 7;
  options.accounts = {{"mine"}};
  std::size_t next = 0;
  const auto found = all_pages(searcher, options, [&] {
    for (int i = 0; i < 5; ++i) see_again(shared.at(next++), "mine");
    commit();
  });
  EXPECT_EQ(found.size(), 40U);
  EXPECT_EQ(searcher.count("word", options.accounts).value(), 40U + next);
}

TEST_F(Paging, AnswersAsOfAPositionInThePast) {
  for (int i = 0; i < 30; ++i) put_some();
  commit();
  SearchOptions options;
  options.snapshot = 10;
  options.with_facets = true;
  for (const char* query : {"*", "word", "NOT other", "-other", "word OR account:work"}) {
    const auto found = search(query, options);
    EXPECT_EQ(found.total, 10U) << query;
    EXPECT_EQ(found.hits.size(), 10U) << query;
    EXPECT_EQ(found.snapshot, 10);
    EXPECT_EQ(found.facets->accounts, (std::vector<search::FacetValue>{{"work", 10}}));
  }
  for (const std::int64_t empty : {0, -5}) {
    options.snapshot = empty;
    EXPECT_EQ(search("*", options).total, 0U);
  }
  options.snapshot = 1'000;
  EXPECT_EQ(search("*", options).snapshot, 30);
  EXPECT_EQ(search("*", options).total, 30U);
}

TEST_F(Paging, KeepsTheFirstSightingWhenItIsReadAgainOrOutOfOrder) {
  put_some({"a"});
  const std::string id = put_some({"b"});
  see_again(id, "b");
  see_again(id, "a");
  commit();
  SearchOptions options;
  options.snapshot = 2;
  EXPECT_EQ(search("*", options).total, 2U);
  options.snapshot = 1;
  EXPECT_EQ(search("*", options).total, 1U);
  options.snapshot = 3;
  options.accounts = {{"a"}};
  EXPECT_EQ(search("*", options).total, 1U);
  options.snapshot = 4;
  EXPECT_EQ(search("*", options).total, 2U);
}

TEST_F(Paging, RefusesAPlaceThatIsNone) {
  put_some();
  commit();
  auto searcher = open_searcher();
  SearchOptions options;
  options.after = "rubbish";
  const auto bad = searcher.search("word", options);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, common::ErrorKind::Usage);
  EXPECT_FALSE(searcher.fault());
  options.after = std::string(40, 'x');
  EXPECT_TRUE(searcher.search("word", options));
  options.sort = search::Sort::Relevance;
  EXPECT_FALSE(searcher.search("word", options));
}

TEST_F(Paging, EndsWhatTakesTooLong) {
  for (int i = 0; i < 1'000; ++i) put_some();
  commit();
  auto searcher = open_searcher();
  SearchOptions options;
  options.patience = std::chrono::milliseconds(0);
  for (const char* query : {"*", "word", "NOT word", "\"word word\"", "word NEAR nothing OR *"}) {
    const auto late = searcher.search(query, options);
    ASSERT_FALSE(late) << query;
    EXPECT_EQ(late.error().kind, common::ErrorKind::Limit) << query;
    EXPECT_FALSE(searcher.fault());
  }
  options.patience = std::nullopt;
  EXPECT_EQ(searcher.search("word", options)->total, 1'000U);
}

TEST_F(Paging, EndsTheSearchForWhatToShowToo) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "b ";
  for (int i = 0; i < 40; ++i) {
    message::ParsedMessage message;
    message.text = text;
    message.message_id = fmt::format("{}@example.com", i);
    put(message);
  }
  commit();
  std::string query = "b";
  for (int i = 0; i < 1'000; ++i) query += fmt::format(" OR \"x{} b\"", i);
  auto searcher = open_searcher();
  SearchOptions options;
  options.limit = 40;
  options.with_snippets = false;
  options.patience = std::chrono::milliseconds(500);
  EXPECT_EQ(searcher.search(query, options)->hits.size(), 40U);
  options.with_snippets = true;
  const auto late = searcher.search(query, options);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, common::ErrorKind::Limit);
}

}  // namespace
}  // namespace mailkeep::indexer
