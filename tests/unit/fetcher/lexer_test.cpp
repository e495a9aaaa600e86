// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/lexer.h"

#include <gtest/gtest.h>

#include "fetcher/imap/fetch_response.h"

namespace mailkeep::fetcher::imap {
namespace {

using common::ErrorKind;

std::string shown(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (!text.empty()) text += ' ';
    switch (token.kind) {
      case Token::Kind::Atom:
        text += token.text;
        break;
      case Token::Kind::Open:
        text += '(';
        break;
      case Token::Kind::Close:
        text += ')';
        break;
      case Token::Kind::String:
      case Token::Kind::Streamed:
      case Token::Kind::TooLarge:
        text += "<" + token.text + ">";
        break;
    }
  }
  return text;
}

struct Case {
  const char* line;
  const char* tokens;
};

class LexerTable : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(
    Lines, LexerTable,
    testing::Values(Case{"(UID 5 FLAGS (\\Seen $Junk))", "( UID 5 FLAGS ( \\Seen $Junk ) )"},
                    Case{"(FLAGS NIL  UID   7 )", "( FLAGS NIL UID 7 )"},
                    Case{"(INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")",
                         "( INTERNALDATE <17-Jul-1996 02:44:25 -0700> )"},
                    Case{"(BODY[HEADER.FIELDS (DATE FROM)] \"x\")",
                         "( BODY[HEADER.FIELDS (DATE FROM)] <x> )"},
                    Case{"(FLAGS ([half open))", "( FLAGS ( [half open ) )"},
                    Case{"(\\HasNoChildren) \"/\" \"a \\\"b\\\" \\\\ c\"",
                         "( \\HasNoChildren ) </> <a \"b\" \\ c>"},
                    Case{"() \"/\" \"say \"hello\" twice\"", "( ) </> <say \"hello> twice\""},
                    Case{"() \"/\" \"un\"escaped\"", "( ) </> <un\"escaped>"}, Case{"", ""},
                    Case{"   ", ""}, Case{"() NIL \"\"", "( ) NIL <>"},
                    Case{"() \"/\" \x01\xff\x7f", "( ) </> \x01\xff\x7f"},
                    Case{"(RFC822.SIZE -1 MODSEQ (-1))", "( RFC822.SIZE -1 MODSEQ ( -1 ) )"},
                    Case{"(X foo{3} Y)", "( X foo{3} Y )"}, Case{"(X {3} Y)", "( X {3} Y )"}));

TEST_P(LexerTable, CutsTheLineIntoTokens) {
  const Limits limits;
  Lexer lexer(limits);

  const auto literal = lexer.feed(GetParam().line);

  ASSERT_TRUE(literal) << literal.error().text;
  EXPECT_FALSE(*literal);
  EXPECT_EQ(shown(lexer.tokens()), GetParam().tokens);
}

TEST(Lexer, FindsTheLiteralAtTheEndOfALine) {
  const Limits limits;
  const std::vector<std::pair<const char*, std::uint64_t>> cases{
      {"(BODY[] {0}", 0},
      {"(BODY[] {44}", 44},
      {"(BODY[] ~{44}", 44},
      {"(BODY[] {44+}", 44},
      {"(BODY[] {007}", 7},
      {"(BODY[] {4294967295}", 4294967295},
      {"(BODY[] {18446744073709551616}", UINT64_MAX}};
  for (const auto& [line, size] : cases) {
    Lexer lexer(limits);
    const auto literal = lexer.feed(line);
    ASSERT_TRUE(literal && *literal) << line;
    EXPECT_EQ(**literal, size) << line;
  }
}

TEST(Lexer, RefusesWhatCannotBeFramed) {
  const Limits limits;
  for (const char* line : {"(BODY[] {-1}", "(X \"no end", "(X) )"}) {
    Lexer lexer(limits);
    const auto literal = lexer.feed(line);
    ASSERT_FALSE(literal) << line;
    EXPECT_EQ(literal.error().kind, ErrorKind::Protocol) << line;
  }
}

TEST(Lexer, NestsToTheLimitAndNotOneDeeper) {
  const Limits limits;
  Lexer at_limit(limits);
  Lexer beyond(limits);

  EXPECT_TRUE(at_limit.feed(std::string(limits.nesting, '(') + std::string(limits.nesting, ')')));
  const auto refused = beyond.feed(std::string(limits.nesting + 1, '('));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Limit);
}

TEST(Lexer, TakesTokensToTheLimitAndNotOneMore) {
  Limits limits;
  limits.tokens = 3;
  Lexer at_limit(limits);
  Lexer beyond(limits);

  EXPECT_TRUE(at_limit.feed("a b c"));
  EXPECT_FALSE(beyond.feed("a b c d"));
}

TEST(Lexer, TakesBytesToTheLimitAndNotOneMore) {
  Limits limits;
  limits.response_bytes = 5;
  Lexer at_limit(limits);
  Lexer beyond(limits);

  EXPECT_TRUE(at_limit.feed("ab cde"));
  EXPECT_FALSE(beyond.feed("ab cdef"));
}

TEST(FetchResponse, TakesItemsInAnyOrderAndSkipsStrangers) {
  const Limits limits;
  Lexer lexer(limits);
  ASSERT_TRUE(
      lexer.feed("(X-GM-LABELS (\"a\" (b)) RFC822.SIZE 9 FLAGS (\\Seen \\Flagged) "
                 "INTERNALDATE \"date\" MODSEQ (-1) BODY[] \"\" UID 12)"));

  const FetchItems items = parse_fetch(lexer.tokens());

  EXPECT_EQ(items.uid, 12U);
  EXPECT_EQ(items.announced_size, 9U);
  EXPECT_EQ(items.flags, "\\Seen \\Flagged");
  EXPECT_EQ(items.internal_date, "date");
  EXPECT_EQ(items.body, FetchItems::Body::Inline);
  EXPECT_TRUE(items.inline_body.empty());
}

TEST(FetchResponse, TakesNilAndImpossibleNumbersForNothing) {
  const Limits limits;
  for (const char* line : {"(UID 12 FLAGS NIL INTERNALDATE NIL RFC822.SIZE -1 BODY[] NIL)",
                           "(UID 12 RFC822.SIZE 9.3736e+06 FLAGS () BODY[] NIL)"}) {
    Lexer lexer(limits);
    ASSERT_TRUE(lexer.feed(line));
    const FetchItems items = parse_fetch(lexer.tokens());
    EXPECT_EQ(items.uid, 12U);
    EXPECT_EQ(items.flags, "");
    EXPECT_EQ(items.internal_date, "");
    EXPECT_FALSE(items.announced_size);
    EXPECT_EQ(items.body, FetchItems::Body::None);
  }
}

TEST(FetchResponse, ReadsFolderNamesAsTheyAre) {
  const Limits limits;
  const std::vector<std::pair<const char*, const char*>> cases{
      {"() \"/\" \"Entw&APw-rfe\"", "Entw&APw-rfe"},
      {"() NIL inbox", "INBOX"},
      {"() \"/\" two words", "two words"},
      {"() \"\\\\\" \"a\\\\b\"", "a\\b"},
      {"NIL \"/\" x", "x"},
      {"() \"/\" \"../../etc\"", "../../etc"}};
  for (const auto& [line, name] : cases) {
    Lexer lexer(limits);
    ASSERT_TRUE(lexer.feed(line));
    const auto folder = parse_list(lexer.tokens());
    ASSERT_TRUE(folder) << line;
    EXPECT_EQ(folder->name, name);
    EXPECT_TRUE(folder->is_selectable);
  }
}

TEST(FetchResponse, KnowsFoldersThatCannotBeOpened) {
  const Limits limits;
  for (const char* line :
       {"(\\Noselect) \"/\" x", "(\\noselect \\HasChildren) \"/\" x", "(\\NonExistent) \"/\" x"}) {
    Lexer lexer(limits);
    ASSERT_TRUE(lexer.feed(line));
    EXPECT_FALSE(parse_list(lexer.tokens())->is_selectable) << line;
  }
}

}  // namespace
}  // namespace mailkeep::fetcher::imap
