// SPDX-License-Identifier: GPL-3.0-or-later
// Encoded words as real mail has them, through both readers of headers.
#include "message/encoded_words.h"

#include <gtest/gtest.h>

#include <chrono>

#include "common/encoding.h"
#include "message/parse.h"

namespace mailkeep::message {
namespace {

struct Case {
  const char* value;
  const char* text;
};

// Those whose charset is UTF-8 or Latin-1, which both readers know.
constexpr Case kCases[] = {
    // Padded and unpadded base64, words next to each other, folded, after plain text.
    {"=?utf-8?b?YWJjZGU=?= =?utf-8?b?WFla?=", "abcdeXYZ"},
    {"=?utf-8?b?YWJjZGU?= =?utf-8?b?WFla?=", "abcdeXYZ"},
    {"=?utf-8?B?YWJjZA==?=\r\n =?UTF-8?B?WFla?=\r\n\t=?utf-8?B?IQ==?=", "abcdXYZ!"},
    {"=?utf-8?b?YWJjZGU=?==?utf-8?b?WFla?=", "abcdeXYZ"},
    {"=?utf-8?b?YWJjZGU=WFla?=", "abcdeXYZ"},
    {"=?utf-8?B?YWJj?= and =?utf-8?B?ZGVm?=\r\n more", "abc and def more"},
    {"Re:=?utf-8?Q?gr=C3=BCn?=er", "Re:grüner"},
    // The base64 text itself cut anywhere.
    {"=?utf-8?B?w7zDt?= =?utf-8?B?sO8w6Q=?=", "üöüä"},
    // One character in two words.
    {"=?utf-8?B?eMM=?= =?utf-8?B?vHk=?=", "xüy"},
    {"=?utf-8?Q?x=C3?=\r\n =?utf-8?Q?=BCy?=", "xüy"},
    {"=?utf-8?Q?x=C3?= =?utf-8*de?B?vHk=?=", "xüy"},
    // Different charsets are different texts.
    {"=?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?Q?_aus_K=C3=B6ln?=", "Grüße aus Köln"},
    {"=?utf-8?B?w7w=?= =?iso-8859-1?B?/A==?= =?utf-8?B?w7w=?=", "üüü"},
    {"=?utf-8?Q?Hello World?=", "Hello World"},
    {"=?utf-8?Q?Really?\?= =?utf-8?Q?_yes?=", "Really? yes"},
    // What is no encoded word stays, and hides nothing behind it.
    {"=?utf-8?B?YW*j?= x", "=?utf-8?B?YW*j?= x"},
    {"=?utf-8?X?abc?= x", "=?utf-8?X?abc?= x"},
    {"=?utf-8?Q?cut =?utf-8?Q?whole?=", "=?utf-8?Q?cut whole"},
    {"=?utf-8?Q?cut", "=?utf-8?Q?cut"},
    {"=?utf-8?B?YWJj?= =?utf-8?B?YW*j?=", "abc =?utf-8?B?YW*j?="},
    {"=?=?a?b?c=?", "=?=?a?b?c=?"},
    {"1 =? 2", "1 =? 2"},
};

TEST(EncodedWords, AreReadInSubjects) {
  for (const Case& one : kCases) {
    const std::string raw = "Subject: " + std::string(one.value) + "\r\n\r\n";
    EXPECT_EQ(parse(raw).subject, one.text) << one.value;
    EXPECT_EQ(parse_headers_only(raw).subject, one.text) << one.value;
  }
}

TEST(EncodedWords, AreReadInNamesQuotedOrNot) {
  for (const Case& one : kCases) {
    const std::string_view text = one.text;
    // Outside quotes these have a meaning of their own in an address.
    const bool is_atoms = text.find_first_of(":*?=") == std::string_view::npos;
    for (const std::string quote : {"", "\""}) {
      if (quote.empty() && !is_atoms) continue;
      const std::string raw = "From: " + quote + one.value + quote + " <a@x.org>, b@x.org\r\n\r\n";
      for (const ParsedMessage& m : {parse(raw), parse_headers_only(raw)}) {
        ASSERT_EQ(m.from.size(), 2U) << raw;
        EXPECT_EQ(m.from[0].name, text) << raw;
        EXPECT_EQ(m.from[0].address, "a@x.org") << raw;
        EXPECT_EQ(m.from[1].address, "b@x.org") << raw;
      }
    }
  }
}

TEST(EncodedWords, AreReadInFilenames) {
  for (const Case& one : kCases)
    for (const char* header : {"Content-Type: application/pdf; name=",
                               "Content-Disposition: attachment; size=1;\r\n filename="}) {
      const std::string raw = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" +
                              std::string(header) + "\"" + one.value + "\"\r\n\r\nx\r\n--b--\r\n";
      const ParsedMessage m = parse(raw);
      ASSERT_EQ(m.attachments.size(), 1U) << raw;
      EXPECT_EQ(m.attachments[0].filename, one.text) << raw;
    }
}

TEST(EncodedWords, MayStandUnquotedInAFilename) {
  const ParsedMessage m = parse(
      "Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n"
      " filename==?utf-8?B?YWJjZGU=?=\r\n\r\nx\r\n");
  ASSERT_EQ(m.attachments.size(), 1U);
  EXPECT_EQ(m.attachments[0].filename, "abcde");
}

TEST(EncodedWords, ReadCharactersOfEveryCharsetThatAreCutInTwo) {
  // ISO-2022-JP whose second word goes on in the state of the first; GB18030 cut inside a pair.
  EXPECT_EQ(
      parse("Subject: =?ISO-2022-JP?B?GyRCRnw=?=\r\n =?ISO-2022-JP?B?S1wbKEI=?=\r\n\r\n").subject,
      "日本");
  EXPECT_EQ(parse("Subject: =?gb18030?B?1tA=?= =?gb2312?B?zsQ=?=\r\n\r\n").subject, "中文");
  EXPECT_EQ(parse("Subject: =?gb18030?Q?=D6?= =?gb18030?Q?=D0=CE=C4?=\r\n\r\n").subject, "中文");
  EXPECT_EQ(parse("From: =?gb18030?B?1g==?= =?gb18030?B?0M7E?= <a@x.org>\r\n\r\n").from.at(0).name,
            "中文");
}

TEST(EncodedWords, HideNoGrammar) {
  const std::string raw =
      "To: =?utf-8?Q?Doe,_\"John\"_<x@y>?= <j@x.org>, =?utf-8?Q?A=00=0AB?= <c@x.org>,\r\n"
      " \"=?utf-8?B?YWJjZGU=?=\" \"=?utf-8?B?WFla?=\" <d@x.org>\r\n\r\n";
  const ParsedMessage m = parse(raw);
  ASSERT_EQ(m.to.size(), 3U);
  EXPECT_EQ(m.to[0].name, "Doe, \"John\" <x@y>");
  EXPECT_EQ(m.to[0].address, "j@x.org");
  EXPECT_EQ(m.to[1].name, "A B");
  EXPECT_EQ(m.to[1].address, "c@x.org");
  EXPECT_EQ(m.to[2].address, "d@x.org");
  EXPECT_NE(m.to[2].name.find("abcde"), std::string::npos);
  EXPECT_NE(m.to[2].name.find("XYZ"), std::string::npos);
  const ParsedMessage simple = parse_headers_only(raw);
  ASSERT_EQ(simple.to.size(), 3U);
  EXPECT_EQ(simple.to[0].name, "Doe, \"John\" <x@y>");
}

TEST(EncodedWords, AreReadWhereAnAddressShouldBe) {
  constexpr Case kAddresses[] = {
      {"<=?utf-8?Q?anna@x.org?=>", "anna@x.org"},
      {"Anna <=?utf-8?Q?anna?=@x.org>", "anna@x.org"},
      {"=?utf-8?Q?Anna_=3Canna?= =?utf-8?Q?=40x.org=3E?=", "Anna <anna@x.org>"},
      {"<=?anna@x.org>", "=?anna@x.org"},
  };
  for (const Case& one : kAddresses) {
    const std::string raw = "From: " + std::string(one.value) + "\r\n\r\n";
    EXPECT_EQ(parse(raw).from.at(0).address, one.text) << one.value;
    EXPECT_EQ(parse_headers_only(raw).from.at(0).address, one.text) << one.value;
  }
}

TEST(HeaderValue, IsTheLastOfItsName) {
  EXPECT_EQ(parse("Subject: one\r\nsubject: two\r\n\r\n").subject, "two");
  EXPECT_EQ(parse("X: y\r\n\r\n").subject, "");
}

TEST(EncodedWords, AreReadWhole) {
  const std::string text(20'000, 'x');
  const std::string word = "=?utf-8?B?" + common::to_base64(text + "ü") + "?=";
  EXPECT_EQ(parse("Subject: " + word + "\r\n\r\n").subject, text + "ü");
  EXPECT_EQ(parse("From: " + word + " <a@x.org>\r\n\r\n").from.at(0).name, text + "ü");
}

TEST(EncodedWords, AreReadInOnePassEvenWithoutAnEnd) {
  std::string value;
  while (value.size() < 4'000'000) value += "=?x?q?y ";
  const auto start = std::chrono::steady_clock::now();
  const auto as_is = [](std::string_view bytes, std::string_view) { return std::string(bytes); };
  EXPECT_EQ(decode_words(value, as_is), value);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace mailkeep::message
