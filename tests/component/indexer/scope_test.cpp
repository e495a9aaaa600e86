// SPDX-License-Identifier: GPL-3.0-or-later
// Who may see what: nothing in a query, a count or a facet reaches beyond the accounts in scope.
// And facets, counted again by hand.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/component/indexer/written_index.h"

namespace mailkeep::indexer {
namespace {

using search::FacetValue;
using search::SearchOptions;

class Scope : public WrittenIndex {
 protected:
  std::string put_text(const std::string& text, const std::vector<std::string>& accounts) {
    message::ParsedMessage message;
    message.text = text;
    message.subject = text;
    message.message_id = text + "@example.com";
    message.from = {{"Name", text + "@example.com"}};
    return put(message, accounts);
  }
};

TEST_F(Scope, IsNotEscapedByAnyQuery) {
  const std::string open = put_text("public", {"open"});
  const std::string both = put_text("shared", {"open", "hidden"});
  const std::string hidden = put_text("secret", {"hidden"});
  commit();
  SearchOptions options;
  options.accounts = {{"open"}};
  options.with_facets = true;
  for (const std::string& query : {std::string("*"),
                                   std::string("NOT x"),
                                   std::string("-x"),
                                   std::string("secret"),
                                   std::string("account:hidden"),
                                   std::string("account:hidden OR account:open"),
                                   std::string("x OR secret OR *"),
                                   std::string("NOT (account:open)"),
                                   std::string("-account:open"),
                                   std::string("account:h* OR *"),
                                   std::string("custodian:hidden"),
                                   std::string("folder:inbox"),
                                   "sha256:" + hidden,
                                   "sha256:" + hidden.substr(0, 4),
                                   std::string("id:secret@example.com"),
                                   std::string("from:secret"),
                                   std::string("secre*"),
                                   std::string("larger:1"),
                                   std::string("(((*) OR secret))"),
                                   std::string("\"secret\" OR =secret"),
                                   std::string("XACCOUNT:hidden OR *")}) {
    const auto found = search(query, options);
    std::uint64_t listed = 0;
    for (const auto& hit : found.hits) {
      EXPECT_NE(hit.id, hidden) << query;
      EXPECT_EQ(hit.accounts, std::vector<std::string>{"open"}) << query;
    }
    EXPECT_EQ(found.total, found.hits.size()) << query;
    for (const auto& account : found.facets->accounts) EXPECT_EQ(account.value, "open") << query;
    for (const auto& sender : found.facets->senders) {
      EXPECT_NE(sender.value, "secret@example.com") << query;
      listed += sender.count;
    }
    EXPECT_EQ(listed, found.total) << query;
    auto searcher = open_searcher();
    EXPECT_EQ(searcher.count(query, options.accounts).value(), found.total) << query;
    EXPECT_EQ(searcher.ids(query, options.accounts)->size(), found.total) << query;
  }
  // That the shared one lies elsewhere too is nobody's business here.
  for (const char* query : {"account:hidden", "account:hid*", "custodian:hidden", "custodian:h*"})
    EXPECT_EQ(search(query, options).total, 0U) << query;
  EXPECT_EQ(search("-account:hidden", options).total, 2U);
  for (const char* query : {"account:open", "account:OP*", "custodian:open", "custodian:o*",
                            "folder:inbox", "folder:in*"})
    EXPECT_EQ(search(query, options).total, 2U) << query;
  EXPECT_EQ(search("*", options).total, 2U);
}

TEST_F(Scope, OfNobodyFindsNothing) {
  const std::string id = put_text("word", {"open"});
  commit();
  SearchOptions options;
  options.accounts.emplace();
  options.with_facets = true;
  for (const auto sort : {search::Sort::Date, search::Sort::Relevance}) {
    options.sort = sort;
    const auto found = search("* OR word", options);
    EXPECT_EQ(found.total, 0U);
    EXPECT_TRUE(found.hits.empty());
    EXPECT_TRUE(found.facets->accounts.empty());
    EXPECT_TRUE(found.facets->senders.empty());
    EXPECT_TRUE(found.facets->months.empty());
  }
  auto searcher = open_searcher();
  EXPECT_TRUE(searcher.hits_of(std::vector{id}, options.accounts)->empty());
  EXPECT_FALSE(searcher.thread_of(id, {options.accounts, 10}));
}

TEST_F(Scope, GoesByWholeNamesAndTheirCase) {
  put_text("upper", {"Work"});
  put_text("lower", {"work"});
  put_text("longer", {"work2"});
  const std::string long_name(200, 'n');
  put_text("long", {long_name});
  commit();
  const auto count = [&](const std::vector<std::string>& accounts) {
    return open_searcher().count("*", accounts).value();
  };
  EXPECT_EQ(count({"Work"}), 1U);
  EXPECT_EQ(count({"work"}), 1U);
  EXPECT_EQ(count({"work", "Work"}), 2U);
  EXPECT_EQ(count({"wor"}), 0U);
  EXPECT_EQ(count({"WORK"}), 0U);
  EXPECT_EQ(count({long_name}), 1U);
  EXPECT_EQ(count({long_name, "work2", "none"}), 2U);
}

TEST_F(Scope, GivesHitsByTheirIdsInTheOrderAsked) {
  const std::string one = put_text("one", {"open"});
  const std::string two = put_text("two", {"open", "hidden"});
  const std::string three = put_text("three", {"hidden"});
  commit();
  auto searcher = open_searcher();
  const std::vector<std::string> asked = {three, one, std::string(64, '0'), "", "xyz", two};
  EXPECT_EQ(ids_of(*searcher.hits_of(asked)), (std::vector{three, one, two}));
  const auto seen = searcher.hits_of(asked, {{"open"}});
  EXPECT_EQ(ids_of(*seen), (std::vector{one, two}));
  EXPECT_EQ(seen->back().accounts, std::vector<std::string>{"open"});
  EXPECT_EQ(seen->back().subject, "two");
}

struct Noted {
  std::vector<std::string> accounts;
  std::string sender;
  std::string month;
  bool is_even = false;
};

class FacetCounts : public WrittenIndex {
 protected:
  void put_random(std::mt19937& random, int number) {
    static constexpr const char* kAccounts[] = {"alpha", "beta", "gamma", "delta"};
    Noted noted;
    for (const char* account : kAccounts)
      if (random() % 3 == 0) noted.accounts.emplace_back(account);
    if (noted.accounts.empty()) noted.accounts.emplace_back("alpha");
    message::ParsedMessage message;
    // The higher the number, the rarer.
    const auto sender = std::min(random() % 120, random() % 120);
    if (sender > 0) {
      message.from = {{"S", fmt::format("Sender{}@Example.COM", sender)}, {"T", "second@x"}};
      noted.sender = fmt::format("sender{}@example.com", sender);
    }
    if (random() % 10 != 0) {
      const auto month = random() % 24;
      message.date = 1'672'531'200 + 2'678'400 * static_cast<std::int64_t>(month) - 1;
      noted.month = month_of(*message.date);
    }
    noted.is_even = number % 2 == 0;
    message.text = noted.is_even ? "even common" : "odd common";
    put(message, noted.accounts);
    notes_.push_back(std::move(noted));
  }

  static std::string month_of(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    gmtime_r(&time, &parts);
    return fmt::format("{:04}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1);
  }

  search::Facets by_hand(const search::Scope& scope, bool only_even) const {
    std::map<std::string, std::uint64_t> accounts;
    std::map<std::string, std::uint64_t> senders;
    std::map<std::string, std::uint64_t> months;
    for (const Noted& noted : notes_) {
      if (only_even && !noted.is_even) continue;
      bool is_seen = false;
      for (const std::string& account : noted.accounts) {
        if (scope && std::find(scope->begin(), scope->end(), account) == scope->end()) continue;
        ++accounts[account];
        is_seen = true;
      }
      if (!is_seen) continue;
      ++senders[noted.sender];
      ++months[noted.month];
    }
    search::Facets facets;
    for (const auto& [value, count] : accounts) facets.accounts.push_back({value, count});
    for (const auto& [value, count] : months) facets.months.push_back({value, count});
    for (const auto& [value, count] : senders) facets.senders.push_back({value, count});
    std::stable_sort(facets.senders.begin(), facets.senders.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    for (std::size_t i = 50; i < facets.senders.size(); ++i)
      facets.senders_other += facets.senders[i].count;
    if (facets.senders.size() > 50) facets.senders.resize(50);
    return facets;
  }

 private:
  std::vector<Noted> notes_;
};

TEST_F(FacetCounts, AreThoseOfACountByHand) {
  std::mt19937 random(11);
  for (int i = 0; i < 2'000; ++i) put_random(random, i);
  commit();
  SearchOptions options;
  options.with_facets = true;
  options.limit = 3;
  for (const search::Scope& scope :
       {search::Scope(), search::Scope({"alpha"}), search::Scope({"beta", "delta", "none"})})
    for (const auto sort : {search::Sort::Date, search::Sort::Relevance})
      for (const char* query : {"*", "common", "even", "common NOT odd", "even*"}) {
        options.accounts = scope;
        options.sort = sort;
        const bool only_even = std::string_view(query).find('v') != std::string_view::npos ||
                               std::string_view(query).find("NOT") != std::string_view::npos;
        const auto found = search(query, options);
        const auto wanted = by_hand(scope, only_even);
        EXPECT_EQ(found.facets->accounts, wanted.accounts) << query;
        EXPECT_EQ(found.facets->senders, wanted.senders) << query;
        EXPECT_EQ(found.facets->senders_other, wanted.senders_other) << query;
        EXPECT_EQ(found.facets->months, wanted.months) << query;
        std::uint64_t dated_or_not = 0;
        for (const FacetValue& month : wanted.months) dated_or_not += month.count;
        EXPECT_EQ(found.total, dated_or_not) << query;
        EXPECT_EQ(found.hits.size(), 3U);
      }
  EXPECT_GT(by_hand({}, false).senders_other, 0U);
}

TEST_F(FacetCounts, AreOfTheWholeAnswerOnEveryPage) {
  std::mt19937 random(12);
  for (int i = 0; i < 200; ++i) put_random(random, i);
  commit();
  SearchOptions options;
  options.with_facets = true;
  options.limit = 10;
  const auto first = search("*", options);
  options.after = first.hits.back().order;
  const auto second = search("*", options);
  EXPECT_EQ(second.total, 200U);
  EXPECT_EQ(second.facets->months, first.facets->months);
  EXPECT_EQ(second.facets->senders, first.facets->senders);
  options.with_facets = false;
  EXPECT_FALSE(search("*", options).facets);
}

TEST_F(FacetCounts, FollowAMessageIntoFurtherAccounts) {
  message::ParsedMessage message;
  message.date = 253'402'300'800 * 2;  // far beyond the year 9999
  message.from = {{"", std::string(500, 'a') + "@x"}};
  const std::string id = put(message, {"alpha"});
  commit();
  see_again(id, "beta");
  see_again(id, "beta");
  see_again(id, "alpha");
  commit();
  SearchOptions options;
  options.with_facets = true;
  const auto found = search("*", options);
  EXPECT_EQ(found.facets->accounts, (std::vector<FacetValue>{{"alpha", 1}, {"beta", 1}}));
  EXPECT_EQ(found.facets->months, (std::vector<FacetValue>{{"9999-12", 1}}));
  EXPECT_EQ(found.facets->senders, (std::vector<FacetValue>{{std::string(200, 'a'), 1}}));
  EXPECT_EQ(found.hits.at(0).accounts, (std::vector<std::string>{"alpha", "beta"}));
}

}  // namespace
}  // namespace mailkeep::indexer
