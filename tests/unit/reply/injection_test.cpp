// SPDX-License-Identifier: GPL-3.0-or-later
// Header injection: whatever stands in a field of the original or of the request, the reply is one
// message with the headers and recipients that it was meant to have, and nothing else.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <vector>

#include "api/reply/compose.h"
#include "api/reply/wire_form.h"
#include "common/encoding.h"
#include "message/parse.h"

namespace mailkeep::reply {
namespace {

using message::ParsedMessage;

constexpr std::array<std::string_view, 16> kBreaks = {
    "\r\n",   "\n",           "\r",           "\r\n\r\n", "\n\n",
    "\r\r\n", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\x85", "\v",
    "\f",     "\x1b",         "\r\n ",        "\n\t",     "\xe5\x98\x8a\xe5\x98\x8d",
    "%0d%0a"};
constexpr std::array<std::string_view, 9> kPayloads = {
    "Bcc: evil@evil.example", "Subject: other",          "X-Evil: 1",
    "To: evil@evil.example",  "Content-Type: text/html", ".",
    "evil@evil.example",      "From: x@evil.example",    "MIME-Version: 2"};

// Each way in which a stranger's text can reach a field: as it is, in encoded words, in quotes.
std::vector<std::string> disguises(const std::string& text) {
  std::string q = "=?utf-8?Q?";
  for (const char c : text) q += "=" + common::to_hex(std::string_view(&c, 1));
  return {text, "=?utf-8?B?" + common::to_base64(text) + "?=", q + "?=", "\"" + text + "\"",
          "<" + text + ">"};
}

// Name to value of each header field, unfolded. Fails on anything that is no field.
std::multimap<std::string, std::string> fields_of(const std::string& bytes) {
  std::multimap<std::string, std::string> fields;
  const std::size_t end = bytes.find("\r\n\r\n");
  EXPECT_NE(end, std::string::npos);
  auto last = fields.end();
  for (std::size_t at = 0; at < end;) {
    const std::size_t stop = bytes.find("\r\n", at);
    const std::string line = bytes.substr(at, stop - at);
    at = stop + 2;
    if (line.starts_with(' ') && last != fields.end()) {
      last->second += line;
      continue;
    }
    const std::size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << line;
    last = fields.emplace(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  return fields;
}

// What the original states as an address, byte for byte, may be answered to.
std::set<std::string> stated_addresses(const ParsedMessage& mail) {
  std::set<std::string> stated;
  for (const auto* list : {&mail.from, &mail.to, &mail.cc, &mail.reply_to})
    for (const auto& one : *list) stated.insert(one.address);
  return stated;
}

void expect_harmless(const ParsedMessage& mail, const std::string& text) {
  const std::set<std::string> may_receive = stated_addresses(mail);
  const auto reply = compose(mail, {"anna@example.org", "", {"anna@example.org"}}, {text, true, {}},
                             {1'767'261'600'000'000, "unique"});
  if (!reply) return;  // refused is harmless
  ASSERT_TRUE(check_wire_form(reply->bytes)) << check_wire_form(reply->bytes).error().text;
  for (const std::string& one : reply->recipients) EXPECT_TRUE(may_receive.contains(one)) << one;
  static const std::set<std::string> kKnown = {"Date",
                                               "From",
                                               "To",
                                               "Cc",
                                               "Subject",
                                               "Message-ID",
                                               "In-Reply-To",
                                               "References",
                                               "MIME-Version",
                                               "Content-Type",
                                               "Content-Transfer-Encoding"};
  const auto fields = fields_of(reply->bytes);
  for (const auto& [name, value] : fields) {
    EXPECT_TRUE(kKnown.contains(name)) << name;
    EXPECT_EQ(fields.count(name), 1U) << name;
  }
  EXPECT_EQ(fields.find("Content-Type")->second, "text/plain; charset=utf-8");
  EXPECT_EQ(fields.find("From")->second, "anna@example.org");
  // An independent reader sees the same recipients as the envelope has.
  const ParsedMessage again = message::parse(reply->bytes);
  std::multiset<std::string> seen;
  for (const auto* list : {&again.to, &again.cc, &again.bcc})
    for (const auto& one : *list) seen.insert(one.address);
  EXPECT_EQ(seen, std::multiset<std::string>(reply->recipients.begin(), reply->recipients.end()));
}

ParsedMessage harmless() {
  ParsedMessage mail;
  mail.message_id = "1@other.example";
  mail.subject = "Numbers";
  mail.from = {{"Bob", "bob@other.example"}};
  mail.to = {{"", "anna@example.org"}, {"Carl", "carl@third.example"}};
  mail.text = "hello";
  return mail;
}

TEST(HeaderInjection, HasNoWayIn) {
  int cases = 0;
  for (const std::string_view cut : kBreaks) {
    for (const std::string_view payload : kPayloads) {
      for (const std::string& evil :
           disguises(std::string("x").append(cut).append(payload).append(cut).append("y"))) {
        std::array<ParsedMessage, 9> by_field;
        for (ParsedMessage& mail : by_field) mail = harmless();
        by_field[0].subject = evil;
        by_field[1].from[0].name = evil;
        by_field[2].message_id = evil;
        by_field[3].references = {evil, "2@other.example"};
        by_field[4].in_reply_to = evil;
        by_field[5].to[1].name = evil;
        by_field[6].cc = {{"", evil}, {evil, evil + "@x.example"}};
        by_field[7].reply_to = {{evil, "bob@other.example"}, {"", "bob@" + evil}};
        by_field[8].text = evil;
        for (const ParsedMessage& mail : by_field) {
          SCOPED_TRACE(common::to_hex(evil));
          expect_harmless(mail, "Hello");
          ++cases;
        }
        expect_harmless(harmless(), evil);
        ++cases;
      }
    }
  }
  EXPECT_GE(cases, 2000);
  RecordProperty("cases", cases);
}

// The same through the parser, as a message from the world would bring it.
TEST(HeaderInjection, HasNoWayInThroughTheParser) {
  int cases = 0;
  for (const std::string_view cut : kBreaks) {
    for (const std::string_view payload : kPayloads) {
      for (const std::string& evil : disguises(std::string("x").append(cut).append(payload))) {
        std::string raw = "From: ";
        raw.append(evil).append(" <bob@other.example>\r\nTo: anna@example.org\r\nSubject: ");
        raw.append(evil).append("\r\nMessage-ID: <").append(evil).append("@x>\r\nReferences: <");
        raw.append(evil).append(">\r\n\r\nhello\r\n");
        const ParsedMessage mail = message::parse(raw);
        SCOPED_TRACE(common::to_hex(evil));
        expect_harmless(mail, "Hello");
        ++cases;
      }
    }
  }
  EXPECT_GE(cases, 700);
}

}  // namespace
}  // namespace mailkeep::reply
