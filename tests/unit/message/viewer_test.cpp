// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/viewer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/encoding.h"
#include "common/printable.h"
#include "message/wire.h"

namespace mailkeep::message {
namespace {

using namespace std::string_literals;
using common::ErrorKind;

const std::string kPng = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;

// Every byte there is, line ends in all forms among them.
std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 3 * 256; ++i) bytes += static_cast<char>(i % 256);
  return bytes + "\r\n\n\r\r\n";
}

std::string base64_lines(const std::string& bytes) {
  const std::string text = common::to_base64(bytes);
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += 76) lines += text.substr(at, 76) + "\r\n";
  return lines;
}

const std::string kNested =
    "From: inner@example.org\r\nSubject: =?utf-8?Q?=C3=9Cber?= inner\r\n"
    "Content-Type: multipart/mixed; boundary=in\r\n\r\npreamble\r\n"
    "--in\r\nContent-Type: text/plain\r\n\r\ninner text\r\n"
    "--in\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-\r\n--in--\r\nepilogue\r\n";

std::string full_mail() {
  return "Received: by a\r\nReceived: by b;\r\n\tMon, 1 Jan 2024\r\n"
         "From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\nSubject: outer\r\nX-Empty:\r\n"
         "Content-Type: multipart/mixed; boundary=out\r\n\r\n"
         "--out\r\nContent-Type: multipart/alternative; boundary=alt\r\n\r\n"
         "--alt\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdf"
         "e\r\n"
         "--alt\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n"
         "--rel\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
         "<p onclick=x()>Gr\xc3\xbc\xc3\x9f"
         "e</p><img src=\"cid:logo@x\"><img src=http://e/t.png>\r\n"
         "--rel\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n"
         "Content-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         base64_lines(kPng) +
         "--rel--\r\n--alt--\r\n"
         "--out\r\nContent-Type: application/octet-stream\r\n"
         "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n"
         " filename*0*=utf-8''..%2F..%2F%E2%80%AE;\r\n filename*1=\"x\ty.exe\"\r\n\r\n" +
         base64_lines(all_bytes()) + "--out\r\nContent-Type: message/rfc822\r\n\r\n" + kNested +
         "\r\n--out--\r\n";
}

class ViewerTest : public testing::Test {
 protected:
  MessageView view(const std::string& raw) {
    auto result = viewer_.view(raw);
    EXPECT_TRUE(result) << result.error().text;
    return result ? std::move(*result) : MessageView();
  }

  std::string bytes(const std::string& raw, std::string_view number) {
    auto result = viewer_.part(raw, number);
    EXPECT_TRUE(result) << number << ": " << result.error().text;
    if (!result) return {};
    EXPECT_EQ(result->part.number, number);
    EXPECT_EQ(result->part.size, result->bytes.size());
    return std::move(result->bytes);
  }

  Viewer viewer_{MAILKEEP_PARSER_CHILD};
};

std::string outline(const MessageView& view) {
  std::string lines;
  for (const Part& part : view.parts)
    lines += fmt::format("{}{} {}{}\n", std::string(part.depth, ' '),
                         part.number.empty() ? "-" : part.number, part.content_type,
                         part.is_attachment ? " file" : "");
  return lines;
}

TEST_F(ViewerTest, ListsAllHeadersInOrder) {
  const MessageView v = view(full_mail());
  ASSERT_EQ(v.headers.size(), 6U);
  EXPECT_EQ(v.headers[0].value, "by a");
  EXPECT_EQ(v.headers[1].value, "by b; Mon, 1 Jan 2024");
  EXPECT_EQ(v.headers[2].value, "Jürgen <j@example.org>");
  EXPECT_EQ(v.headers[4].name, "X-Empty");
  EXPECT_EQ(v.headers[4].value, "");
  EXPECT_EQ(v.headers[5].name, "Content-Type");
  EXPECT_EQ(v.message.subject, "outer");
}

TEST_F(ViewerTest, ListsEveryPart) {
  const MessageView v = view(full_mail());
  EXPECT_EQ(outline(v),
            "- multipart/mixed\n 1 multipart/alternative\n  1.1 text/plain\n"
            "  1.2 multipart/related\n   1.2.1 text/html\n   1.2.2 image/png file\n"
            " 2 application/octet-stream file\n 3 message/rfc822 file\n  - multipart/mixed\n"
            "   3.1 text/plain\n   3.2 application/pdf file\n");
  EXPECT_EQ(v.parts[2].charset, "iso-8859-1");
  EXPECT_EQ(v.parts[5].content_id, "logo@x");
  EXPECT_EQ(v.parts[5].disposition, "inline");
  EXPECT_EQ(v.parts[5].size, kPng.size());
  EXPECT_EQ(v.parts[6].size, all_bytes().size());
  EXPECT_EQ(v.parts[7].size, kNested.size());
  // A name is a name, not a path and no terminal codes; hiding what it shows is the caller's part.
  EXPECT_EQ(v.parts[6].filename, "../../\xe2\x80\xaex y.exe");
  for (const Attachment& attachment : v.message.attachments)
    EXPECT_TRUE(std::any_of(v.parts.begin(), v.parts.end(), [&](const Part& part) {
      return part.number == attachment.part && part.filename == attachment.filename;
    })) << attachment.part;
}

TEST_F(ViewerTest, GivesOneTextOfAlternativesAndEachPageByItself) {
  const MessageView v = view(full_mail());
  EXPECT_EQ(v.text, "Grüße\n\nFrom: inner@example.org\nSubject: Über inner\n\ninner text\n");
  ASSERT_EQ(v.html.size(), 3U);
  EXPECT_EQ(v.html[0].part, "1.2.1");
  EXPECT_EQ(v.html[0].removed_remote, 1U);
  EXPECT_EQ(v.html[0].html, "<p>Grüße</p><img src=\"data:image/png;base64," +
                                common::to_base64(kPng) + "\"><span class=\"img\">[image]</span>");
  EXPECT_EQ(v.html[1].part, "3");
  EXPECT_EQ(v.html[2].part, "3.1");
  EXPECT_TRUE(v.notes.empty() || v.notes == v.message.oddities);
}

// EFAIL: markup left open before an encrypted part must not swallow what it decrypts to.
TEST_F(ViewerTest, NeverJoinsTwoPages) {
  const MessageView v = view(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n<img src=\"http://evil/\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\nsecret\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n\"><p>after</p>\r\n--b--\r\n");
  ASSERT_EQ(v.html.size(), 3U);
  EXPECT_EQ(v.html[0].html.find("secret"), std::string::npos);
  EXPECT_NE(v.html[1].html.find("secret"), std::string::npos);
  EXPECT_EQ(v.html[2].html, "\"&gt;<p>after</p>");
}

TEST_F(ViewerTest, ReadsThePageWhereThereIsNoText) {
  EXPECT_EQ(view("Content-Type: text/html\r\n\r\n<p>one</p><p>two</p>").text, "one\ntwo\n");
  const MessageView blank = view(
      "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n<p>seen\r\n--b--\r\n");
  EXPECT_EQ(blank.text, "seen\n");
  const MessageView footer = view(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n<p>body\r\n--b\r\n\r\nfooter\r\n--b--\r\n");
  EXPECT_EQ(footer.text, "body\nfooter\n");
  EXPECT_TRUE(view("Subject: x\r\n\r\nplain").html.empty());
}

TEST_F(ViewerTest, ShowsTextThatIsOnlyCalledAFile) {
  EXPECT_EQ(
      view("Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nx").text,
      "x\n");
  const std::string mixed =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody\r\n"
      "--b\r\nContent-Type: text/plain; name=n.txt\r\n\r\nnamed\r\n"
      "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--b--\r\n";
  const MessageView v = view(mixed);
  EXPECT_EQ(v.text, "body\nnamed\n");
  EXPECT_EQ(bytes(mixed, "3"), "file");
}

TEST_F(ViewerTest, LeavesUuencodedTextAsItIs) {
  const std::string body = "see:\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n";
  const std::string raw = "Subject: x\r\n\r\n" + body;
  EXPECT_EQ(bytes(raw, "1"), body);
  EXPECT_NE(view(raw).text.find("begin 644 a.txt"), std::string::npos);
}

TEST_F(ViewerTest, GivesTheExactBytesOfParts) {
  const std::string raw = full_mail();
  EXPECT_EQ(bytes(raw, "2"), all_bytes());
  EXPECT_EQ(bytes(raw, "1.1"),
            "Gr\xfc\xdf"
            "e")
      << "no charset is converted";
  EXPECT_EQ(bytes(raw, "1.2.2"), kPng);
  EXPECT_EQ(bytes(raw, "3"), kNested);
  EXPECT_EQ(bytes(raw, "3.2"), "%PDF-");
}

TEST_F(ViewerTest, GivesTheExactBytesInEveryEncoding) {
  const auto mail = [](std::string_view encoding, std::string_view body) {
    return fmt::format(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/x\r\n"
        "Content-Transfer-Encoding: {}\r\n\r\n{}\r\n--b--\r\n",
        encoding, body);
  };
  EXPECT_EQ(bytes(mail("8bit", "a\r\n\xff\n\r\n"), "1"), "a\r\n\xff\n\r\n");
  EXPECT_EQ(bytes(mail("binary", all_bytes()), "1"), all_bytes());
  EXPECT_EQ(bytes(mail("quoted-printable", "a=3D=\r\nb=FF=00c"), "1"), "a=b\xff\0c"s);
  EXPECT_EQ(bytes(mail("base64", "aGVs\r\n bG8="), "1"), "hello");
  EXPECT_EQ(bytes(mail("x-uuencode", "begin 644 a\r\n#86)C\r\n`\r\nend\r\n"), "1"), "abc");
  EXPECT_EQ(bytes(mail("x-unknown", "as it is"), "1"), "as it is");
}

TEST_F(ViewerTest, GivesNestedMessagesAsTheyStand) {
  const std::string inner = "X-Odd :  spaced\nSubject: s\n\n--not-a-boundary\nbody\n";
  const std::string headless = "\r\njust text\r\n";
  const std::string raw =
      "From a@b Mon Jan  1 00:00:00 2024\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\n" +
      inner + "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + headless +
      "\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      base64_lines(kNested) + "\r\n--b--\r\n";
  EXPECT_EQ(bytes(raw, "1"), inner);
  EXPECT_EQ(bytes(raw, "2"), headless);
  EXPECT_EQ(bytes(raw, "3"), kNested);
  EXPECT_EQ(bytes(raw, "3.2"), "%PDF-");
  EXPECT_EQ(bytes("Content-Type: message/rfc822\r\n\r\n" + kNested, "1"), kNested);
  std::string old_mac =
      "Content-Type: multipart/mixed; boundary=b\r\r--b\r"
      "Content-Type: message/rfc822\r\rSubject: in\r\rbody\r\r--b--\r";
  EXPECT_EQ(bytes(old_mac, "1"), "Subject: in\r\rbody\r");
  EXPECT_EQ(bytes(old_mac, "1.1"), "body\r") << "the line ends as they came";
  EXPECT_EQ(bytes("Content-Transfer-Encoding: quoted-printable\r\ra=3D=\rb\r", "1"), "a=b\n");
}

TEST_F(ViewerTest, ReadsPartsWhoseBoundariesAreMissing) {
  const std::string open =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n"
      "--b\r\nContent-Type: application/x\r\n\r\nto the end";
  EXPECT_EQ(bytes(open, "2"), "to the end");
  EXPECT_NE(view(open).text.find("first"), std::string::npos);
  const MessageView none =
      view("Content-Type: multipart/mixed; boundary=b\r\n\r\nno boundary here");
  EXPECT_FALSE(none.notes.empty());
  EXPECT_TRUE(view("").parts.size() <= 1U);
  EXPECT_NE(view("no header at all\r\nsecond").text.find("second"), std::string::npos);
}

TEST_F(ViewerTest, SaysWhatIsNotThere) {
  const std::string raw = full_mail();
  for (const char* number : {"4", "1.9", "", "x", "1.1.1", "../1", "01", "3.1.1"}) {
    const auto result = viewer_.part(raw, number);
    ASSERT_FALSE(result) << number;
    EXPECT_EQ(result.error().kind, ErrorKind::NotFound) << number;
  }
  EXPECT_EQ(viewer_.part(raw, std::string(10'000, '1')).error().kind, ErrorKind::NotFound);
  const auto multipart = viewer_.part(raw, "1");
  ASSERT_FALSE(multipart);
  EXPECT_NE(multipart.error().text.find("only holds other parts"), std::string::npos);
}

TEST_F(ViewerTest, KeepsItsLimits) {
  EXPECT_EQ(viewer_.view(std::string(kMaxViewBytes + 1, 'x')).error().kind, ErrorKind::Limit);
  const std::string big = all_bytes() + std::string(90UL << 20U, 'x');
  const std::string raw =
      "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      base64_lines(big);
  EXPECT_TRUE(bytes(raw, "1") == big) << "a part may be larger than any other answer";
  std::string deep;
  for (int i = 0; i < 80; ++i)
    deep += fmt::format("Content-Type: multipart/mixed; boundary=b{}\r\n\r\n--b{}\r\n", i, i);
  const MessageView v = view(deep + "\r\nx");
  EXPECT_NE(std::find(v.notes.begin(), v.notes.end(), "over-depth-limit"), v.notes.end());
}

TEST_F(ViewerTest, OutlivesManyLifetimesOfTheChild) {
  for (int i = 0; i < 450; ++i) {
    const std::string raw = fmt::format("Subject: n{}\r\n\r\nbody {}\r\n", i, i);
    if (i % 2 == 0)
      ASSERT_EQ(view(raw).message.subject, fmt::format("n{}", i));
    else
      ASSERT_EQ(bytes(raw, "1"), fmt::format("body {}\r\n", i));
  }
}

TEST_F(ViewerTest, SaysWhenNoChildCanBeStarted) {
  Viewer viewer("/nonexistent/parser");
  EXPECT_EQ(viewer.view("Subject: x\r\n\r\n").error().kind, ErrorKind::Config);
}

#ifdef MAILKEEP_FAULT_POINTS
class MisbehavingViewer : public testing::TestWithParam<const char*> {};

TEST_P(MisbehavingViewer, CostsOneAnswerAndHarmsNoOther) {
  Viewer viewer(MAILKEEP_PARSER_CHILD, std::chrono::milliseconds(1'500));
  const std::string good = "Subject: good\r\n\r\nbody";
  const std::string bad = fmt::format("X-Mailkeep-Test-Parser: {}\r\n", GetParam()) + good;
  for (int round = 0; round < 2; ++round) {
    const auto viewed = viewer.view(bad);
    ASSERT_FALSE(viewed);
    EXPECT_EQ(viewed.error().kind, ErrorKind::Malformed);
    EXPECT_NE(viewed.error().text.find("raw bytes"), std::string::npos);
    EXPECT_EQ(viewer.part(bad, "1").error().kind, ErrorKind::Malformed);
    const auto after = viewer.view(good);
    ASSERT_TRUE(after) << after.error().text;
    EXPECT_EQ(after->message.subject, "good");
  }
}

INSTANTIATE_TEST_SUITE_P(All, MisbehavingViewer,
                         testing::Values("die", "loop", "memory", "garble", "open", "connect",
                                         "exec", "fork"),
                         [](const auto& test) { return std::string(test.param); });
#endif

TEST(ViewWire, CarriesEveryFieldAndRefusesDamage) {
  MessageView view;
  view.message.subject = "subject";
  view.headers = {{"Subject", "subject"}, {"X", ""}};
  view.text = "text";
  view.html = {{"1", "<p style=\"color:red\">x</p>", 7}};
  view.parts = {{"1", "text/html", "utf-8", "inline", "f", "id@x", 9, 2, true}};
  view.notes = {"note"};
  const std::string bytes = encode(view);
  const auto back = decode_view(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->headers.at(0).name, "Subject");
  EXPECT_EQ(back->html.at(0).removed_remote, 7U);
  EXPECT_EQ(back->parts.at(0).content_id, "id@x");
  EXPECT_EQ(back->parts.at(0).depth, 2U);
  EXPECT_TRUE(back->parts.at(0).is_attachment);
  EXPECT_EQ(encode(*back), bytes);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode_view(bytes.substr(0, cut)));
  EXPECT_FALSE(decode_view(bytes + "x"));
  view.html[0].html = "<script>alert(1)</script>";
  EXPECT_FALSE(decode_view(encode(view))) << "a child that was taken over cannot send a script";
  view.html[0].html = "<p>\xff</p>";
  EXPECT_FALSE(decode_view(encode(view)));
}

TEST(ViewWire, CarriesWhatWasFoundOfAPart) {
  PartReply reply{PartFinding::IsMultipart, {}};
  reply.part.number = "1.2";
  const std::string bytes = encode(reply);
  const auto back = decode_part(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->finding, PartFinding::IsMultipart);
  EXPECT_EQ(back->part.number, "1.2");
  EXPECT_FALSE(decode_part("\x03" + bytes.substr(1)));
  EXPECT_FALSE(decode_part(bytes + "x"));
}

}  // namespace
}  // namespace mailkeep::message
