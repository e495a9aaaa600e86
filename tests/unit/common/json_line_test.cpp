// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json_line.h"

#include <gtest/gtest.h>

namespace mailkeep::common {
namespace {

TEST(JsonLine, IsOneLineWhateverIsPutIn) {
  JsonLine line;
  line.add("text", "a\"b\\c\n\x01\x7f\xff").add("number", -7).add("flag", true);
  line.add("list", std::vector<std::string>{"x", "\t"}).add_raw("raw", "null");
  EXPECT_EQ(
      line.text(),
      "{\"text\":\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xEF\xBF\xBD\",\"number\":-7,\"flag\":true,"
      "\"list\":[\"x\",\"\\u0009\"],\"raw\":null}");
  EXPECT_EQ(JsonLine().text(), "{}");
}

}  // namespace
}  // namespace mailkeep::common
