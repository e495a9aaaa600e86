// SPDX-License-Identifier: GPL-3.0-or-later
// What a query finds, over messages that went through the store, the sandbox and the index.
#include <fmt/format.h>

#include "tests/component/indexer/index_fixture.h"

namespace mailkeep::indexer {
namespace {

class Query : public IndexFixture {
 protected:
  // Whether the one message given is found by the query.
  bool finds(const std::string& query) { return count(query) == 1; }
};

TEST_F(Query, FindsEveryFieldOfAMessage) {
  const std::string id = add(
      "From: Anna Example <anna.lee@mail.example.com>\r\nTo: Bob <bob@example.org>\r\n"
      "Cc: Carla <carla@example.net>\r\nBcc: dan@example.edu\r\nSubject: Quarterly figures\r\n"
      "Date: Fri, 1 Mar 2024 12:00:00 +0000\r\nMessage-ID: <Fig.1@example.com>\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe U.S. e-mail said naïve.\r\n"
      "--b\r\nContent-Type: application/pdf; name=\"Annual-Report_2023.pdf\"\r\n\r\nx\r\n--b--\r\n",
      "Work", "Archive/Größe");
  EXPECT_EQ(bring_up().documents, 1U);
  for (const char* query : {"from:anna",
                            "from:anna.lee@mail.example.com",
                            "from:example.com",
                            "from:mail.example.com",
                            "from:EXAMPLE",
                            "from:\"anna example\"",
                            "to:bob",
                            "to:bob@example.org",
                            "cc:carla",
                            "bcc:dan@example.edu",
                            "subject:quarterly",
                            "subject:\"quarterly figures\"",
                            "said",
                            "body:said",
                            "figures",
                            "anna",
                            "carla@example.net",
                            "e-mail",
                            "naïve",
                            "NAÏVE",
                            "report",
                            "filename:annual",
                            "filename:Annual-Report_2023.pdf",
                            "account:work",
                            "account:Work",
                            "folder:größe",
                            "folder:GRÖSSE OR folder:GRÖßE",
                            "folder:\"archive/größe\"",
                            "folder:arch*",
                            "id:fig.1@example.com",
                            "id:<Fig.1@example.com>",
                            "has:attachment",
                            "type:application/pdf",
                            "type:pdf",
                            "type:application",
                            "has:unsearchable",
                            "unsearchable:attachment-type",
                            "unsearchable:attachment-type:application/pdf",
                            "date:2024",
                            "date:2024-03",
                            "date:2024-03-01",
                            "date:2024-03-01..2024-03-01",
                            "date:..2024",
                            "after:2024-03-01",
                            "before:2024-03-02",
                            "larger:100",
                            "smaller:1M",
                            "*",
                            "custodian:work"})
    EXPECT_TRUE(finds(query)) << query;
  for (const char* query :
       {"from:bob", "to:anna", "subject:said", "body:quarterly", "cc:bob", "date:2023",
        "date:2024-02", "after:2024-03-02", "before:2024-03-01", "larger:1M", "smaller:100",
        "account:home", "folder:gröss", "type:doc", "from:lee.anna@mail.example.com"})
    EXPECT_FALSE(finds(query)) << query;
  EXPECT_EQ(ids("sha256:" + id.substr(0, 8)), std::vector<std::string>{id});
  EXPECT_EQ(ids("sha256:" + id), std::vector<std::string>{id});
}

TEST_F(Query, WidensAWordToItsFamilyUnlessAskedNotTo) {
  add("Subject: a\r\n\r\nThe invoices were paid.\r\n");
  add("Subject: b\r\n\r\nInvoice attached. I was happy.\r\n");
  add("Subject: invoicing\r\n\r\nPure happiness.\r\n");
  bring_up();
  EXPECT_EQ(count("invoice"), 3U);
  EXPECT_EQ(count("invoices"), 3U);
  EXPECT_EQ(count("=invoice"), 1U);
  EXPECT_EQ(count("\"invoices\""), 1U);
  EXPECT_EQ(count("subject:invoice"), 1U);
  EXPECT_EQ(count("happy"), 2U);
  EXPECT_EQ(count("invoi*"), 3U);
  EXPECT_EQ(count("subject:invoi*"), 1U);
}

TEST_F(Query, CombinesAndExcludes) {
  add("Subject: 1\r\n\r\nalpha beta gamma\r\n");
  add("Subject: 2\r\n\r\nalpha gamma delta epsilon beta\r\n");
  add("Subject: 3\r\n\r\ndelta\r\n");
  bring_up();
  EXPECT_EQ(count("alpha beta"), 2U);
  EXPECT_EQ(count("alpha OR delta"), 3U);
  EXPECT_EQ(count("delta -alpha"), 1U);
  EXPECT_EQ(count("NOT alpha"), 1U);
  EXPECT_EQ(count("-alpha -delta"), 0U);
  EXPECT_EQ(count("(alpha OR delta) NOT gamma"), 1U);
  EXPECT_EQ(count("\"alpha beta\""), 1U);
  EXPECT_EQ(count("\"beta alpha\""), 0U);
  EXPECT_EQ(count("alpha NEAR/1 beta"), 1U);
  EXPECT_EQ(count("alpha NEAR/3 beta"), 1U);
  EXPECT_EQ(count("beta NEAR/4 alpha"), 2U);
  EXPECT_EQ(count("* -delta"), 1U);
  EXPECT_EQ(count("nonexistentword"), 0U);
  EXPECT_EQ(count("zzz*"), 0U);
}

TEST_F(Query, KeepsPhrasesInsideOneField) {
  add("From: Anna Able <x@y.z>\r\nTo: Bob Baker <b@y.z>, Carl Cook <c@y.z>\r\nSubject: one two\r\n"
      "\r\nthree four\r\n");
  bring_up();
  EXPECT_EQ(count("\"one two\""), 1U);
  EXPECT_EQ(count("\"two three\""), 0U);
  EXPECT_EQ(count("to:\"bob baker\""), 1U);
  EXPECT_EQ(count("to:\"z carl\""), 0U);
}

TEST_F(Query, FindsChineseJapaneseAndKorean) {
  add("Subject: s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n東京都に住んでいます\r\n");
  add("Subject: s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n京東商城\r\n");
  bring_up();
  EXPECT_EQ(count("東京"), 1U);
  EXPECT_EQ(count("京東"), 1U);
  EXPECT_EQ(count("京"), 2U);
  EXPECT_EQ(count("\"住んで\""), 1U);
  EXPECT_EQ(count("東都"), 0U);
}

TEST_F(Query, PartsWordsAtApostrophes) {
  add("Subject: L'étalonnage\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
      "We don't know aujourd\u2019hui; the suppliers' rock 'n' roll\r\n");
  bring_up();
  for (const char* query :
       {"étalonnage", "l'étalonnage", "l\u2019étalonnage", "subject:\"l'étalonnage\"", "étalon*",
        "don't", "don\u2019t", "\"we don't know\"", "=don't", "hui", "aujourd'hui", "suppliers",
        "suppliers'", "'suppliers'", "\"rock 'n' roll\"", "étalonnage -d'étalonnage"})
    EXPECT_TRUE(finds(query)) << query;
  for (const char* query : {"dont", "d'étalonnage", "\"don know\"", "létalonnage"})
    EXPECT_FALSE(finds(query)) << query;
}

TEST_F(Query, LeavesOutWordsThatNobodyTypes) {
  add(fmt::format("Subject: s\r\n\r\n{} {}\r\n", std::string(64, 'a'), std::string(65, 'b')));
  bring_up();
  EXPECT_EQ(count(std::string(64, 'a')), 1U);
  EXPECT_EQ(count("b*"), 0U);
  auto searcher = open_searcher();
  const auto refused = searcher.count(std::string(65, 'b'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, common::ErrorKind::Usage);
}

TEST_F(Query, RefusesABeginningThatStandsForTooMuch) {
  std::string words;
  for (int i = 0; i < 10'001; ++i) words += fmt::format("w{} ", i);
  add("Subject: s\r\n\r\n" + words + "\r\n");
  bring_up();
  const auto refused = open_searcher().count("x OR w*");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text,
            "in 'w*' (character 6): more than 10000 words begin so; type more letters");
  EXPECT_EQ(count("w1*"), 1U);
}

TEST_F(Query, SortsByDateNewestFirstUndatedLastAndPagesWithoutOverlap) {
  std::vector<std::string> wanted;
  for (int day = 1; day <= 9; ++day)
    wanted.insert(wanted.begin(),
                  add(fmt::format("Date: {} Mar 2024 00:00:00 +0000\r\n\r\nword\r\n", day)));
  const std::string undated = add("Subject: none\r\n\r\nword\r\n");
  wanted.push_back(undated);
  bring_up();
  std::vector<std::string> found;
  search::SearchOptions options;
  options.limit = 3;
  for (options.offset = 0; options.offset < 12; options.offset += 3) {
    const auto page = search("word", options);
    EXPECT_EQ(page.total, 10U);
    for (const auto& hit : page.hits) found.push_back(hit.id);
  }
  EXPECT_EQ(found, wanted);
  std::vector<std::string> oldest_first(wanted.rbegin() + 1, wanted.rend());
  oldest_first.push_back(undated);
  EXPECT_EQ(ids("word"), oldest_first);
}

TEST_F(Query, BreaksTiesBySameDateTheSameWayAfterARebuild) {
  for (int i = 0; i < 20; ++i)
    add(fmt::format("Date: 1 Mar 2024 00:00:00 +0000\r\nSubject: {}\r\n\r\nsame\r\n", i));
  bring_up();
  const auto by_date = ids("same");
  search::SearchOptions by_relevance;
  by_relevance.sort = search::Sort::Relevance;
  const auto first = search("same", by_relevance).hits;
  rebuild();
  EXPECT_EQ(ids("same"), by_date);
  const auto second = search("same", by_relevance).hits;
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].id, second[i].id);
}

TEST_F(Query, CountsExactlyWhateverTheLimit) {
  for (int i = 0; i < 300; ++i)
    add(fmt::format("Subject: {}\r\n\r\ncommon {}\r\n", i, i % 3 == 0 ? "third" : ""));
  bring_up();
  search::SearchOptions options;
  options.limit = 1;
  for (const auto sort : {search::Sort::Date, search::Sort::Relevance}) {
    options.sort = sort;
    EXPECT_EQ(search("common OR third", options).total, 300U);
    EXPECT_EQ(search("common -third", options).total, 200U);
    EXPECT_EQ(search("third", options).total, 100U);
  }
}

TEST_F(Query, ShowsAHitAsItsHeadersSayWithASnippetAroundTheWord) {
  std::string filler;
  for (int i = 0; i < 500; ++i) filler += fmt::format("filler{} ", i);
  const std::string id = add(
      "From: =?utf-8?Q?J=C3=BCrgen?= <j@x.org>\r\nTo: a@x.org, B <b@x.org>\r\nSubject: S & T\r\n"
      "Date: Fri, 1 Mar 2024 12:00:00 +0100\r\n\r\n" +
      filler + "the <needle> & more\r\n\r\ntail\r\n");
  bring_up();
  const auto found = search("needles");
  ASSERT_EQ(found.hits.size(), 1U);
  const search::Hit& hit = found.hits.front();
  EXPECT_EQ(hit.id, id);
  EXPECT_EQ(hit.from, "Jürgen <j@x.org>");
  EXPECT_EQ(hit.to, "a@x.org, B <b@x.org>");
  EXPECT_EQ(hit.subject, "S & T");
  EXPECT_EQ(hit.date, 1'709'290'800);
  EXPECT_EQ(hit.accounts, std::vector<std::string>{"work"});
  EXPECT_NE(hit.snippet.find("the <needle> & more tail"), std::string::npos) << hit.snippet;
  EXPECT_LE(hit.snippet.size(), 200U);
  EXPECT_EQ(search("*").hits.front().snippet.substr(0, 15), "filler0 filler1");
}

TEST_F(Query, TellsOfAHitWhatItAnswersAndWhatItCarries) {
  add("Message-ID: <m@x>\r\nIn-Reply-To: <p@x>\r\nReferences: <r@x> <p@x>\r\nSubject: s\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nword\r\n"
      "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--b--\r\n");
  add("Subject: plain\r\n\r\nother\r\n");
  bring_up();
  const auto hit = search("word").hits.at(0);
  EXPECT_EQ(hit.message_id, "m@x");
  EXPECT_EQ(hit.in_reply_to, "p@x");
  EXPECT_EQ(hit.references, (std::vector<std::string>{"r@x", "p@x"}));
  EXPECT_TRUE(hit.has_attachments);
  EXPECT_EQ(hit.unsearchable, std::vector<std::string>{"attachment-type:application/pdf"});
  EXPECT_EQ(count("references:R@x in-reply-to:<p@x>"), 1U);
  const auto plain = search("other").hits.at(0);
  EXPECT_FALSE(plain.has_attachments);
  EXPECT_TRUE(plain.message_id.empty());
}

TEST_F(Query, ShowsThePhraseRatherThanItsFirstWordOrWordsOfOtherFields) {
  std::string filler;
  for (int i = 0; i < 100; ++i) filler += fmt::format("filler{} ", i);
  add("From: Anna <anna@x.org>\r\nSubject: s\r\n\r\nDear Anna, before the rain it is signed.\r\n" +
      filler + "Pay 3.50 before the\r\nContract isn't _signed_ here. " + filler +
      "the needle, anna\r\n");
  bring_up();
  const auto shows = [&](const std::string& query, std::string_view words) {
    const auto found = search(query);
    return found.hits.size() == 1 && found.hits[0].snippet.find(words) != std::string::npos;
  };
  for (const char* query :
       {"from:anna \"before the contract\"", "from:anna (signed \"before the contract isn't\")",
        "body:\"3.50 before\" anna", "from:anna contract", "before \"isn't signed\""})
    EXPECT_TRUE(shows(query, "before the Contract isn't _signed_")) << query;
  EXPECT_TRUE(shows("from:anna@x.org needle", "the needle"));
  EXPECT_TRUE(shows("subject:s from:ann* needle", "the needle"));
  EXPECT_TRUE(shows("signed -\"before the sun\"", "Dear Anna"));
}

}  // namespace
}  // namespace mailkeep::indexer
