// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/sasl.h"

#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>

namespace mailkeep::net {
namespace {

template <class T, class = void>
struct IsPrintable : std::false_type {};
template <class T>
struct IsPrintable<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};

TEST(Secret, CanNeitherBePrintedNorCopied) {
  EXPECT_FALSE(IsPrintable<Secret>::value);
  EXPECT_TRUE(IsPrintable<int>::value);
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
  EXPECT_FALSE(std::is_copy_constructible_v<Secret>);
  EXPECT_FALSE(std::is_copy_assignable_v<Secret>);
}

TEST(Secret, LeavesNothingWhereItCameFrom) {
  for (const std::string& value : {std::string("short"), std::string(100, 'p')}) {
    std::string source = value;
    Secret secret(std::move(source));
    Secret moved(std::move(secret));

    EXPECT_EQ(moved.reveal(), value);
    EXPECT_TRUE(secret.reveal().empty());  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_TRUE(source.empty());           // NOLINT(bugprone-use-after-move)
  }
}

TEST(Sasl, WritesPlainAsRfc4616Says) {
  const Credentials credentials{"tim", Secret(std::string("tanstaaftanstaaf"))};

  EXPECT_EQ(sasl_plain(credentials)->reveal(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
}

TEST(Sasl, RefusesNulInUserAndPassword) {
  EXPECT_FALSE(sasl_plain({std::string("a\0b", 3), Secret(std::string("x"))}));
  EXPECT_FALSE(sasl_plain({"a", Secret(std::string("x\0y", 3))}));
}

TEST(Sasl, KnowsWhatWouldBeginANewLine) {
  EXPECT_TRUE(fits_in_a_line("pass word\t\x7f\xff"));
  for (const char c : {'\r', '\n', '\0'}) {
    EXPECT_FALSE(fits_in_a_line("a" + std::string(1, c) + "b"));
  }
}

}  // namespace
}  // namespace mailkeep::net
