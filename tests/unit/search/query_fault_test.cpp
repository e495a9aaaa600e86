// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/query_fault.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "indexer/search/query_help.h"
#include "indexer/search/schema.h"

namespace mailkeep::search {
namespace {

TEST(CheckQuery, SaysNothingAboutAGoodQuery) {
  for (const char* query : {"*", "a b", "invoi*", "\"a b\" OR from:anna", "date:2024 -x",
                            "a NEAR/3 b", "folder:arch*", "references:<a@b>"})
    EXPECT_FALSE(check_query(query)) << query;
}

TEST(CheckQuery, PointsAtTheWordWhateverStageRefusesIt) {
  const auto fault = [](std::string_view query) {
    return check_query(query).value_or(QueryFault{"none", 0, 0, ""});
  };
  EXPECT_EQ(fault("a (b"), (QueryFault{"(", 3, 1, "the bracket is not closed"}));
  EXPECT_EQ(fault("ä date:soon").position, 3U);
  EXPECT_EQ(fault("ä date:soon").length, 9U);
  EXPECT_EQ(fault("größe \"äö").length, 3U);
  EXPECT_EQ(fault("a !!!").word, "!!!");
  EXPECT_EQ(fault("a e-mail*"),
            (QueryFault{"e-mail*", 3, 7, "'*' is possible only after a single word"}));
  EXPECT_EQ(fault("x e-mail NEAR b").reason, "NEAR takes single words");
  EXPECT_EQ(fault(""), (QueryFault{"", 1, 0, "the query is empty; '*' finds every message"}));
  EXPECT_EQ(fault("\xff").reason, "the query is not valid UTF-8");
  EXPECT_EQ(fault(std::string(51, '(') + "a" + std::string(51, ')')).word, "(");
  EXPECT_EQ(fault(std::string(20'000, 'a')).length, 0U);
}

TEST(QueryHelp, IsThereAsDataForEveryField) {
  ASSERT_EQ(field_help().size(), fields().size());
  for (const FieldHelp& field : field_help()) {
    EXPECT_FALSE(field.name.empty());
    EXPECT_FALSE(field.kind.empty()) << field.name;
    EXPECT_FALSE(field.help.empty()) << field.name;
  }
  const auto references =
      std::find_if(field_help().begin(), field_help().end(),
                   [](const FieldHelp& field) { return field.name == "references"; });
  ASSERT_NE(references, field_help().end());
  EXPECT_EQ(references->alias, "in-reply-to");
  EXPECT_EQ(references->kind, "value");
}

}  // namespace
}  // namespace mailkeep::search
