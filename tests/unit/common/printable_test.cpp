// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/printable.h"

#include <gtest/gtest.h>

namespace mailkeep::common {
namespace {

TEST(Utf8, KeepsWhatIsWellFormed) {
  const std::string text = "Gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x93\xac";
  EXPECT_TRUE(is_valid_utf8(text));
  EXPECT_EQ(to_utf8_lossy(text), text);
}

TEST(Utf8, ReplacesOverlongSurrogateAndCutSequences) {
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(to_utf8_lossy("a\xc0\xaf"), "a" + replacement + replacement);
  EXPECT_EQ(to_utf8_lossy("\xed\xa0\x80"), replacement + replacement + replacement);
  EXPECT_EQ(to_utf8_lossy("\xe6\x97"), replacement);
  EXPECT_EQ(to_utf8_lossy("\xf5\x80"), replacement + replacement);
  EXPECT_EQ(to_utf8_lossy("\xe6\x97z"), replacement + "z");
}

TEST(Utf8, EveryPairOfBytesBecomesValid) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      const std::string bytes = {static_cast<char>(a), static_cast<char>(b), 'x'};
      EXPECT_TRUE(is_valid_utf8(to_utf8_lossy(bytes)));
    }
}

TEST(Printable, EscapesWhatWouldMoveACursorOrReverseALine) {
  EXPECT_EQ(printable("a\x1b[2J\r\n"), "a\\x1b[2J\\x0d\\x0a");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "gpj"),
            "\\u202egpj");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(printable("gr\xc3\xbcn"), "gr\xc3\xbcn");
}

}  // namespace
}  // namespace mailkeep::common
