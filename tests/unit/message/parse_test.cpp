// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/parse.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <fmt/format.h>

#include "common/printable.h"

namespace mailkeep::message {
namespace {

bool has(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool contains(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

std::size_t count_of(const std::string& text, std::string_view words) {
  std::size_t count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
    ++count;
  return count;
}

std::string with_headers(std::string_view headers, std::string_view body) {
  return std::string(headers) + "\r\n" + std::string(body);
}

TEST(Parse, ReadsTheEnvelope) {
  const ParsedMessage m = parse(
      "From: \"Example, Anna\" <anna@example.com>\r\nTo: bob@example.org, Team: c@x.org, "
      "d@x.org;\r\n"
      "Cc: =?utf-8?B?SsO8cmdlbg==?= <j@x.org>\r\nBcc: e@x.org\r\nReply-To: r@x.org\r\n"
      "Subject: =?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?Q?_aus?=\r\n Bonn\r\n"
      "Date: Fri, 1 Mar 2024 12:00:00 +0100\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <0@x>\r\n"
      "References: <a@x>\r\n <0@x>\r\n\r\nHello\r\n");
  ASSERT_EQ(m.from.size(), 1U);
  EXPECT_EQ(m.from[0].name, "Example, Anna");
  EXPECT_EQ(m.from[0].address, "anna@example.com");
  ASSERT_EQ(m.to.size(), 4U);  // the group's name is an entry of its own
  EXPECT_EQ(m.to[1].name, "Team");
  EXPECT_EQ(m.to[3].address, "d@x.org");
  EXPECT_EQ(m.cc.at(0).name, "Jürgen");
  EXPECT_EQ(m.bcc.at(0).address, "e@x.org");
  EXPECT_EQ(m.reply_to.at(0).address, "r@x.org");
  EXPECT_EQ(m.subject, "Grüße aus Bonn");
  EXPECT_EQ(m.date, 1'709'290'800);
  EXPECT_EQ(m.message_id, "1@x");
  EXPECT_EQ(m.in_reply_to, "0@x");
  EXPECT_EQ(m.references, (std::vector<std::string>{"a@x", "0@x"}));
  EXPECT_TRUE(contains(m.text, "Hello"));
  EXPECT_TRUE(m.oddities.empty());
  EXPECT_TRUE(m.unsearchable.empty());
}

TEST(Parse, NeverFailsOnAnyBytes) {
  EXPECT_TRUE(has(parse("").oddities, "empty"));
  EXPECT_TRUE(contains(parse("no header at all\r\nsecond line").text, "second line"));
  EXPECT_TRUE(has(parse("no header at all\r\nsecond line").oddities, "no-header"));
  EXPECT_TRUE(contains(parse("\r\n\r\nonly a body").text, "only a body"));
  EXPECT_EQ(parse("Subject: only a header").subject, "only a header");
  const ParsedMessage noise = parse(std::string("\0\xff\xfe\r\0\n\x80", 7));
  EXPECT_TRUE(common::is_valid_utf8(noise.text));
}

TEST(Parse, ReadsMessagesWithBareCarriageReturns) {
  const ParsedMessage m = parse("Subject: old Mac\rTo: a@b.c\r\rthe body\r");
  EXPECT_EQ(m.subject, "old Mac");
  EXPECT_TRUE(contains(m.text, "the body"));
  EXPECT_TRUE(has(m.oddities, "bare-cr"));
}

TEST(Parse, ToleratesAnMboxLineAndAnIndentedHeader) {
  EXPECT_EQ(parse("From a@b Mon Jan  1 00:00:00 2024\nSubject: s\n\nx").subject, "s");
  const ParsedMessage m = parse(" From: a@b.c\nSubject: s\n\nx");
  EXPECT_EQ(m.subject, "s");
  EXPECT_EQ(m.from.at(0).address, "a@b.c");
}

TEST(Parse, ReadsNulsInHeaderAndBody) {
  using namespace std::string_view_literals;
  const ParsedMessage m = parse("Subject: a\0b\r\nTo: c@d.e\r\n\r\none\0two"sv);
  EXPECT_EQ(m.subject, "a b");
  EXPECT_EQ(m.to.at(0).address, "c@d.e");
  EXPECT_TRUE(contains(m.text, "one two"));
  EXPECT_TRUE(has(m.oddities, "header-nul"));
}

TEST(Parse, ReadsRaw8BitHeaders) {
  EXPECT_EQ(parse("Subject: gr\xfc\xdf\r\n\r\n").subject, "grüß");
  EXPECT_EQ(parse("Subject: gr\xc3\xbc\xc3\x9f\r\n\r\n").subject, "grüß");
}

TEST(Parse, RefusesDatesThatCannotBe) {
  EXPECT_FALSE(parse("Date: Mon, 1 Jan 1900 00:00:00 +0000\r\n\r\n").date);
  EXPECT_FALSE(parse("Date: Mon, 1 Jan 2150 00:00:00 +0000\r\n\r\n").date);
  const ParsedMessage m = parse("Date: next Tuesday\r\n\r\n");
  EXPECT_FALSE(m.date);
  EXPECT_TRUE(has(m.oddities, "date-unreadable"));
  EXPECT_TRUE(has(parse("Subject: x\r\n\r\n").oddities, "date-missing"));
}

TEST(Parse, DecodesRfc2231AndRfc2047Filenames) {
  const ParsedMessage m = parse(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment;\r\n"
      " filename*0*=utf-8''Gr%C3%BC;\r\n filename*1=\"sse.pdf\"\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
      "--b\r\nContent-Type: image/png; name=\"=?utf-8?B?w7wucG5n?=\"\r\n\r\nxx\r\n--b--\r\n");
  ASSERT_EQ(m.attachments.size(), 2U);
  EXPECT_EQ(m.attachments[0].filename, "Grüsse.pdf");
  EXPECT_EQ(m.attachments[0].part, "1");
  EXPECT_EQ(m.attachments[0].size, 3U);
  EXPECT_EQ(m.attachments[1].filename, "ü.png");
  EXPECT_EQ(m.attachments[1].content_type, "image/png");
  EXPECT_TRUE(has(m.unsearchable, "attachment-type:application/pdf"));
}

constexpr std::string_view kAlternative =
    "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nThe quarterly\r\nreport is late.\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<p>The <b>quarterly</b> report is late.</p>";

TEST(Parse, SaysEqualAlternativesOnce) {
  const ParsedMessage m = parse(with_headers(kAlternative, "--b--\r\n"));
  EXPECT_EQ(count_of(m.text, "quarterly"), 1U);
}

TEST(Parse, KeepsWhatOnlyOneAlternativeSays) {
  const ParsedMessage m =
      parse(with_headers(kAlternative, "<p>Only in the page.</p>\r\n--b--\r\n"));
  EXPECT_EQ(count_of(m.text, "quarterly"), 1U);
  EXPECT_TRUE(contains(m.text, "Only in the page."));
}

TEST(Parse, ReadsNestedMessagesWithTheirParent) {
  const ParsedMessage m = parse(
      "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\n\r\nsee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
      "From: Inner Sender <inner@example.net>\r\nSubject: inner subject\r\n"
      "Content-Type: multipart/mixed; boundary=c\r\n\r\n"
      "--c\r\n\r\ninner text\r\n--c\r\nContent-Type: image/gif\r\n\r\nG\r\n--c--\r\n--b--\r\n");
  EXPECT_EQ(m.subject, "outer");
  for (const char* words :
       {"see below", "inner subject", "Inner Sender", "inner@example.net", "inner text"})
    EXPECT_TRUE(contains(m.text, words)) << words;
  ASSERT_EQ(m.attachments.size(), 2U);
  EXPECT_EQ(m.attachments[0].content_type, "message/rfc822");
  EXPECT_EQ(m.attachments[0].part, "2");
  EXPECT_EQ(m.attachments[1].part, "2.2");
}

TEST(Parse, ReadsTextAttachments) {
  const ParsedMessage m = parse(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv\r\n"
      "Content-Disposition: attachment; filename=list.csv\r\n\r\nname,amount\r\nzebra,7\r\n"
      "--b\r\nContent-Type: text/calendar\r\n\r\nSUMMARY:Kickoff\r\n--b--\r\n");
  EXPECT_TRUE(contains(m.text, "zebra,7"));
  EXPECT_TRUE(contains(m.text, "Kickoff"));
  ASSERT_EQ(m.attachments.size(), 1U);
  EXPECT_EQ(m.attachments[0].filename, "list.csv");
  EXPECT_TRUE(m.unsearchable.empty());
}

TEST(Parse, SaysThatEncryptedMailCannotBeRead) {
  EXPECT_TRUE(has(parse("Content-Type: multipart/encrypted; boundary=b; "
                        "protocol=\"application/pgp-encrypted\"\r\n\r\n--b\r\n"
                        "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n")
                      .unsearchable,
                  "encrypted"));
  EXPECT_TRUE(has(parse("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n")
                      .unsearchable,
                  "encrypted"));
  EXPECT_TRUE(
      has(parse("\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n").unsearchable, "encrypted"));
}

TEST(Parse, TakesUuencodedFilesOutOfTheText) {
  const ParsedMessage m = parse(
      "Subject: u\r\n\r\nbefore\r\nbegin 644 note.txt\r\n%:&5L;&\\ \r\n`\r\nend\r\nafter\r\n");
  ASSERT_EQ(m.attachments.size(), 1U);
  EXPECT_EQ(m.attachments[0].filename, "note.txt");
  EXPECT_EQ(m.attachments[0].size, 5U);
  EXPECT_TRUE(contains(m.text, "hello"));
  EXPECT_TRUE(contains(m.text, "before"));
  EXPECT_TRUE(contains(m.text, "after"));
  EXPECT_FALSE(contains(m.text, "begin 644"));
}

TEST(Parse, LeavesTextThatOnlyLooksUuencoded) {
  EXPECT_TRUE(contains(parse("S: u\r\n\r\nbegin 644 words\r\nordinary prose\r\n").text,
                       "begin 644 words\r\nordinary") ||
              contains(parse("S: u\r\n\r\nbegin 644 words\nordinary prose\n").text,
                       "begin 644 words\nordinary"));
}

TEST(Parse, NamesTheTextLimit) {
  ParseLimits limits;
  limits.text_bytes = 5;
  EXPECT_TRUE(parse("S: x\r\n\r\n12345", limits).unsearchable.empty());
  const ParsedMessage over = parse("S: x\r\n\r\n123456", limits);
  EXPECT_TRUE(has(over.unsearchable, "over-text-limit"));
  EXPECT_EQ(over.text, "12345\n");
}

TEST(Parse, NamesTheRecipientLimit) {
  ParseLimits limits;
  limits.recipients = 2;
  EXPECT_TRUE(parse("To: a@x, b@x\r\n\r\n", limits).unsearchable.empty());
  const ParsedMessage over = parse("To: a@x, b@x, c@x\r\n\r\n", limits);
  EXPECT_EQ(over.to.size(), 2U);
  EXPECT_TRUE(has(over.unsearchable, "over-recipient-limit"));
}

TEST(Parse, NamesTheHeaderLimit) {
  const std::string headers = "Subject: s\r\nX-Filler: 1234567890\r\n";
  ParseLimits limits;
  limits.header_bytes = headers.size();
  EXPECT_TRUE(parse(headers + "\r\nbody", limits).unsearchable.empty());
  limits.header_bytes = headers.size() - 1;
  const ParsedMessage over = parse(headers + "\r\nbody", limits);
  EXPECT_EQ(over.subject, "s");
  EXPECT_TRUE(contains(over.text, "body"));
  EXPECT_TRUE(has(over.unsearchable, "over-header-limit"));
}

std::string nested_multiparts(int depth) {
  std::string raw;
  for (int i = 0; i < depth; ++i)
    raw += fmt::format("Content-Type: multipart/mixed; boundary=b{}\r\n\r\n--b{}\r\n", i, i);
  return raw + "\r\ndeep text\r\n";
}

TEST(Parse, NamesTheDepthLimit) {
  ParseLimits limits;
  limits.depth = 5;
  EXPECT_TRUE(contains(parse(nested_multiparts(4), limits).text, "deep text"));
  EXPECT_TRUE(has(parse(nested_multiparts(5), limits).unsearchable, "over-depth-limit"));
  EXPECT_FALSE(parse(nested_multiparts(5'000)).unsearchable.empty());
}

TEST(Parse, NamesThePartLimit) {
  std::string raw = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 4; ++i) raw += "--b\r\n\r\npart\r\n";
  ParseLimits limits;
  limits.parts = 5;  // the multipart itself and four
  EXPECT_TRUE(parse(raw + "--b--\r\n", limits).unsearchable.empty());
  limits.parts = 4;
  EXPECT_TRUE(has(parse(raw + "--b--\r\n", limits).unsearchable, "over-part-limit"));
}

TEST(Parse, NotesAnUnknownCharsetAndReadsOn) {
  const ParsedMessage m =
      parse("Content-Type: text/plain; charset=x-klingon\r\n\r\ngr\xfc\xdf\r\n");
  EXPECT_TRUE(has(m.oddities, "charset-unknown:x-klingon"));
  EXPECT_TRUE(contains(m.text, "grüß"));
}

TEST(ParseHeadersOnly, ReadsWhatIsNeededToFindTheMessage) {
  const ParsedMessage m = parse_headers_only(
      "From: \"Example, Anna\" <anna@example.com>\r\nTo: b@x.org, c@x.org\r\n"
      "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?B?IGF1cw==?= Bonn\r\n"
      "Date: Fri, 1 Mar 2024 12:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nSubject: not this\r\n");
  EXPECT_EQ(m.from.at(0).name, "Example, Anna");
  EXPECT_EQ(m.from.at(0).address, "anna@example.com");
  EXPECT_EQ(m.to.size(), 2U);
  EXPECT_EQ(m.subject, "Grüße aus Bonn");
  EXPECT_EQ(m.date, 1'709'290'800);
  EXPECT_EQ(m.message_id, "1@x");
}

TEST(ParseHeadersOnly, NeverFails) {
  for (const std::string& raw :
       {std::string(), std::string("\0\0", 2), std::string("Subject"), std::string("=?"),
        std::string("Subject: =?x?Q?=\r\nTo: <<<>>>,,,\"\r\nDate: 99 Foo -1 x"),
        std::string(3'000'000, ':')})
    EXPECT_TRUE(common::is_valid_utf8(parse_headers_only(raw).subject));
}

}  // namespace
}  // namespace mailkeep::message
