// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/wire_form.h"

#include <gtest/gtest.h>

#include "api/reply/compose.h"

namespace mailkeep::reply {
namespace {

// What a server reads until the final dot, by the rules of RFC 5321 §4.5.2.
std::string unstuffed(std::string_view wire) {
  std::string out;
  while (true) {
    const std::size_t end = wire.find("\r\n");
    if (end == std::string_view::npos) return "no end";
    std::string_view line = wire.substr(0, end);
    wire.remove_prefix(end + 2);
    if (line == ".") return wire.empty() ? out : "two messages";
    if (line.starts_with('.')) line.remove_prefix(1);
    out.append(line).append("\r\n");
  }
}

TEST(WireForm, TakesOnlyWholeLines) {
  for (const char* good : {"\r\n", "a\r\n", "a\r\n\r\nb\r\n", ".\r\n", "..\r\n.\r\n"})
    EXPECT_TRUE(check_wire_form(good)) << good;
  for (const std::string bad : {"", "a", "a\n", "a\r", "a\r\nb", "a\nb\r\n", "a\rb\r\n",
                                "\n.\n\r\n", "\r.\r\r\n", "\n.\r\n", "a\r\r\n", "\r\n.\n\r\n"})
    EXPECT_FALSE(check_wire_form(bad)) << bad;
  EXPECT_FALSE(check_wire_form(std::string("a\0b\r\n", 5)));
  EXPECT_TRUE(check_wire_form(std::string(998, 'a') + "\r\n"));
  EXPECT_FALSE(check_wire_form(std::string(999, 'a') + "\r\n"));
}

TEST(WireForm, StuffsDotsSoThatOneMessageStaysOne) {
  for (const std::string text : {"a\r\n", ".\r\n", "..\r\n", ".a\r\n.\r\n..\r\n", "\r\n.\r\n",
                                 "a.\r\n", "\r\n", "a\r\n.\r\nMAIL FROM:<x@y>\r\n"}) {
    const std::string wire = dot_stuffed(text);
    EXPECT_EQ(unstuffed(wire), text);
    EXPECT_TRUE(wire.ends_with("\r\n.\r\n"));
  }
}

// SMTP smuggling: no such text leaves as two messages.
TEST(WireForm, SmugglesNothing) {
  int cases = 0;
  for (const std::string_view first : {"\n", "\r", "\r\n", "\r\r\n", "\n\r"}) {
    for (const std::string_view second : {"\n", "\r", "\r\n", "\r\r\n", "\n\r", ""}) {
      for (const std::string_view dot : {".", "..", ". ", ".\x01"}) {
        const std::string text = std::string("Hello")
                                     .append(first)
                                     .append(dot)
                                     .append(second)
                                     .append("MAIL FROM:<evil@x.example>")
                                     .append(first)
                                     .append("DATA");
        message::ParsedMessage mail;
        mail.from = {{"", "bob@other.example"}};
        mail.text = text;
        const auto reply = compose(mail, {"anna@example.org", "", {}}, {text, false, {}},
                                   {1'767'261'600'000'000, "unique"});
        ASSERT_TRUE(reply);
        EXPECT_TRUE(check_wire_form(reply->bytes));
        EXPECT_EQ(unstuffed(dot_stuffed(reply->bytes)), reply->bytes);
        ++cases;
      }
    }
  }
  EXPECT_GE(cases, 100);
}

}  // namespace
}  // namespace mailkeep::reply
