// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/query_syntax.h"

#include <gtest/gtest.h>

#include "indexer/search/query_help.h"

namespace mailkeep::search {
namespace {

constexpr common::Micros kNow = 1'709'294'400'000'000;  // 2024-03-01T12:00:00Z

struct Case {
  std::string query;
  std::string outcome;
};

void PrintTo(const Case& item, std::ostream* out) { *out << item.query; }

class GoodQuery : public testing::TestWithParam<Case> {};

TEST_P(GoodQuery, IsUnderstood) {
  const auto node = parse_query(GetParam().query, kNow);
  ASSERT_TRUE(node) << node.error().text;
  EXPECT_EQ(to_text(*node), GetParam().outcome);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoodQuery,
    testing::Values(
        Case{"*", "*"}, Case{"  word ", "word"}, Case{"a b", "(and a b)"},
        Case{"a AND b AND c", "(and a b c)"}, Case{"a b OR c d", "(or (and a b) (and c d))"},
        Case{"a OR b OR c", "(or a b c)"}, Case{"(a OR b) c", "(and (or a b) c)"},
        Case{"a and b or c", "(and a and b or c)"}, Case{"NOT a", "(not a)"},
        Case{"a -b", "(and a (not b))"}, Case{"a AND NOT (b OR c)", "(and a (not (or b c)))"},
        Case{"NOT NOT a", "(not (not a))"}, Case{"e-mail", "e-mail"},
        Case{"\"two words\"", "\"two words\""}, Case{"=exact", "\"exact\""},
        Case{"invoi*", "invoi*"}, Case{"from:anna", "from:anna"},
        Case{"from:anna@example.com", "from:anna@example.com"},
        Case{"subject:\"final offer\"", "subject:\"final offer\""},
        Case{"to:(anna OR bob)", "(or to:anna to:bob)"},
        Case{"to:(a -\"b c\")", "(and to:a (not to:\"b c\"))"}, Case{"-from:x", "(not from:x)"},
        Case{"account:Work", "account:\"Work\""},
        Case{"folder:\"Sent Items\"", "folder:\"Sent Items\""},
        Case{"folder:arch*", "folder:arch*"}, Case{"id:<1@x>", "message-id:\"1@x\""},
        Case{"has:attachment", "has:\"attachment\""}, Case{"sha256:ABCD", "sha256:abcd*"},
        Case{"http://example.com/x", "http://example.com/x"}, Case{"12:30", "12:30"},
        Case{"date:2024", "date[1704067200..1735689600)"},
        Case{"date:2024-02", "date[1706745600..1709251200)"},
        Case{"date:2024-02-29", "date[1709164800..1709251200)"},
        Case{"date:2024-03-01..2024-06-30", "date[1709251200..1719792000)"},
        Case{"date:..2020", "date[0..1609459200)"}, Case{"date:2020..", "date[1577836800..)"},
        Case{"date:today", "date[1709251200..1709337600)"},
        Case{"date:yesterday", "date[1709164800..1709251200)"},
        Case{"date:7d", "date[1708646400..1709337600)"},
        Case{"after:2024-03-01", "date[1709251200..)"},
        Case{"before:2024-03-01", "date[0..1709251200)"}, Case{"larger:10k", "size[10241..)"},
        Case{"smaller:1M", "size[0..1048576)"}, Case{"a NEAR/3 b", "(near/3 a b)"},
        Case{"a NEAR b c", "(and (near/10 a b) c)"},
        Case{"subject:(a NEAR/2 b)", "(near/2 subject:a subject:b)"},
        Case{"größe 日本", "(and größe 日本)"}));

class BadQuery : public testing::TestWithParam<Case> {};

TEST_P(BadQuery, IsRefusedWithTheWordAndItsPlace) {
  const auto node = parse_query(GetParam().query, kNow);
  ASSERT_FALSE(node) << to_text(*node);
  EXPECT_EQ(node.error().kind, common::ErrorKind::Usage);
  EXPECT_EQ(node.error().text.substr(0, GetParam().outcome.size()), GetParam().outcome);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadQuery,
    testing::Values(
        Case{"", "the query is empty"}, Case{"  ", "the query is empty"},
        Case{"x foo:bar",
             "in 'foo:bar' (character 3): unknown field 'foo'; known fields: account, after, "},
        Case{"größe foo:bar", "in 'foo:bar' (character 7): unknown field 'foo'"},
        Case{"a \"b c", "in '\"b c' (character 3): the quote is not closed"},
        Case{"subject:\"b", "in 'subject:\"b' (character 1): the quote is not closed"},
        Case{"a (b", "in '(' (character 3): the bracket is not closed"},
        Case{"a b)", "in ')' (character 4): no '(' before it"},
        Case{"a ()", "in '()' (character 3): empty group"},
        Case{"from:()", "in 'from:()' (character 1): empty group"},
        Case{"from:", "in 'from:' (character 1): nothing after the colon"},
        Case{"from: anna", "in 'from:' (character 1): nothing after the colon"},
        Case{"account:\"\"", "in 'account:\"\"' (character 1): nothing after the colon"},
        Case{"\"\"", "in '\"\"' (character 1): there is no word in it"},
        Case{"a OR", "in 'OR' (character 3): nothing follows it"},
        Case{"a AND", "in 'AND' (character 3): nothing follows it"},
        Case{"AND a", "in 'AND' (character 1): nothing to combine before it"},
        Case{"a OR OR b", "in 'OR' (character 6): nothing to combine before it"},
        Case{"a AND OR b", "in 'OR' (character 7): nothing to combine before it"},
        Case{"NOT", "in 'NOT' (character 1): nothing follows it"},
        Case{"a NEAR/3", "in 'NEAR' (character 3): nothing follows it"},
        Case{"subject:a NEAR/3 from:b",
             "in 'from:b' (character 18): NEAR takes words of one field"},
        Case{"fo*o", "in 'fo*o' (character 1): '*' is possible only at the end"},
        Case{"*oo", "in '*oo' (character 1): '*' is possible only at the end"},
        Case{"date:2024-13", "in 'date:2024-13' (character 1): no date; write 2024"},
        Case{"date:2023-02-29", "in 'date:2023-02-29' (character 1): no date"},
        Case{"date:2024..2023", "in 'date:2024..2023' (character 1): no date"},
        Case{"date:soon", "in 'date:soon' (character 1): no date"},
        Case{"larger:many", "in 'larger:many' (character 1): no size"},
        Case{"sha256:xyz", "in 'sha256:xyz' (character 1): no id"},
        Case{"sha256:abc", "in 'sha256:abc' (character 1): no id"},
        Case{"has:fun", "in 'has:fun' (character 1): has: knows attachment"},
        Case{"from:(subject:x)", "in 'subject:x' (character 7): already inside 'from:( )'"},
        Case{"\xff", "the query is not valid UTF-8"},
        Case{"bad\x1b:x foo:\x1b[1m", "in 'foo:\\x1b[1m' (character 8): unknown field 'foo'"}));

TEST(QueryLimits, HoldAtTheLimitAndOneBeyond) {
  EXPECT_TRUE(parse_query(std::string(kMaxQueryBytes, 'a'), kNow));
  EXPECT_FALSE(parse_query(std::string(kMaxQueryBytes + 1, 'a'), kNow));

  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "a" + std::string(depth, ')');
  };
  EXPECT_TRUE(parse_query(nested(kMaxNesting), kNow));
  EXPECT_FALSE(parse_query(nested(kMaxNesting + 1), kNow));
  EXPECT_FALSE(parse_query(std::string(10'000, '-') + "a", kNow));

  std::string words;
  for (std::size_t i = 0; i < kMaxQueryNodes; ++i) words += "a ";
  EXPECT_TRUE(parse_query(words, kNow));
  EXPECT_FALSE(parse_query(words + "a", kNow));
}

TEST(QueryHelp, NamesEveryField) {
  for (const Field& field : fields())
    EXPECT_NE(query_help().find(field.name), std::string_view::npos) << field.name;
}

}  // namespace
}  // namespace mailkeep::search
