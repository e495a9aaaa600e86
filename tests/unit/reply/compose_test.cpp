// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/compose.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/reply/wire_form.h"
#include "message/parse.h"

namespace mailkeep::reply {
namespace {

using common::ErrorKind;
using message::Address;
using message::ParsedMessage;

constexpr common::Micros kNow = 1'767'261'600'000'000;  // 2026-01-01T10:00:00Z

ParsedMessage original() {
  ParsedMessage mail;
  mail.message_id = "1@other.example";
  mail.subject = "Numbers";
  mail.from = {{"Bob", "bob@other.example"}};
  mail.to = {{"", "anna@example.org"}, {"Carl", "carl@third.example"}};
  mail.cc = {{"Dora", "dora@fourth.example"}, {"", "ANNA@example.org"}};
  mail.date = 1'767'258'000;
  mail.text = "Where are they?\n> an older line\n";
  return mail;
}

Sender anna() { return {"anna@example.org", "", {"anna@example.org"}}; }

Composed reply_to(const ParsedMessage& mail,
                  const ReplyRequest& request = {"They come.", false, {}},
                  const Sender& sender = anna()) {
  auto composed = compose(mail, sender, request, {kNow, "unique"});
  EXPECT_TRUE(composed) << composed.error().text;
  return composed ? *composed : Composed{};
}

common::Error refusal(const ParsedMessage& mail, const ReplyRequest& request) {
  const auto composed = compose(mail, anna(), request, {kNow, "unique"});
  EXPECT_FALSE(composed);
  return composed ? common::Error{} : composed.error();
}

std::vector<std::string> addresses(const std::vector<Address>& list) {
  std::vector<std::string> all;
  for (const Address& one : list) all.push_back(one.address);
  return all;
}

// White space is the reader's own to show.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\f';
    if (!is_blank)
      out.push_back(c);
    else if (!out.empty() && out.back() != ' ')
      out.push_back(' ');
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

using Strings = std::vector<std::string>;

// RFC 2047 §2: a reader may leave a longer line as it stands.
TEST(Compose, WritesNoLineOfMoreThan76BytesWithAnEncodedWord) {
  ParsedMessage mail = original();
  for (int i = 0; i < 20; ++i) mail.subject += "Grüße, Zahlen und mehr ";
  mail.from.front().name = mail.subject.substr(0, 100);
  mail.cc.front().name = mail.subject.substr(0, 60);
  Sender sender = anna();
  sender.name = "Änne mit einem Namen, der auf keiner einzelnen Zeile Platz hat";
  const std::string bytes = reply_to(mail, {"They come.", true, {}}, sender).bytes;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = bytes.find("\r\n", at);
    const std::string line = bytes.substr(at, end - at);
    at = end + 2;
    if (line.find("=?utf-8?") == std::string::npos) continue;
    ++lines;
    EXPECT_LE(line.size(), 76U) << line;
  }
  EXPECT_GT(lines, 10U);
}

TEST(Compose, WritesExactlyThis) {
  EXPECT_EQ(reply_to(original()).bytes,
            "Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n"
            "From: anna@example.org\r\n"
            "To: Bob <bob@other.example>\r\n"
            "Subject: Re: Numbers\r\n"
            "Message-ID: <unique@example.org>\r\n"
            "In-Reply-To: <1@other.example>\r\n"
            "References: <1@other.example>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "They come.\r\n"
            "\r\n"
            "On 1 Jan 2026 at 09:00 UTC, Bob <bob@other.example> wrote:\r\n"
            "> Where are they?\r\n"
            ">> an older line\r\n");
}

TEST(Compose, AnswersTheSenderAndForAllTheOthersOnce) {
  const Composed one = reply_to(original());
  EXPECT_EQ(one.recipients, Strings{"bob@other.example"});
  const Composed all =
      reply_to(original(), {"Hello", true, {"CARL@third.example", "eve@x.example"}});
  EXPECT_EQ(addresses(all.to), Strings{"bob@other.example"});
  EXPECT_EQ(addresses(all.cc),
            (Strings{"carl@third.example", "dora@fourth.example", "eve@x.example"}));
  EXPECT_EQ(all.recipients.size(), 4U);
  EXPECT_EQ(all.envelope_from, "anna@example.org");
}

TEST(Compose, PrefersReplyToWhereItCanBeUsed) {
  ParsedMessage mail = original();
  mail.reply_to = {{"", "list@lists.example"}, {"", "anna@example.org"}};
  EXPECT_EQ(reply_to(mail).recipients, Strings{"list@lists.example"});
  mail.reply_to = {{"Anna", "anna@example.org"}, {"", "no address"}};
  EXPECT_EQ(reply_to(mail).recipients, Strings{"bob@other.example"});
}

TEST(Compose, AnswersOnesOwnMailToItsRecipients) {
  ParsedMessage mail = original();
  mail.from = {{"Anna", "Anna@Example.org"}};
  mail.to = {{"", "bob@other.example"}, {"", "carl@third.example"}};
  const Composed all = reply_to(mail, {"And another thing", true, {}});
  EXPECT_EQ(addresses(all.to), (Strings{"bob@other.example", "carl@third.example"}));
  EXPECT_EQ(addresses(all.cc), Strings{"dora@fourth.example"});
  mail.to = {{"", "anna@example.org"}};
  mail.cc.clear();
  EXPECT_EQ(reply_to(mail).recipients, Strings{"anna@example.org"});  // a note to oneself
}

TEST(Compose, SaysWhenThereIsNobodyToAnswer) {
  ParsedMessage mail = original();
  mail.from = {{"Undisclosed", ""}, {"", "nobody"}};
  const common::Error error = refusal(mail, {"Hello", false, {}});
  EXPECT_EQ(error.kind, ErrorKind::Malformed);
  EXPECT_NE(error.text.find("no address"), std::string::npos);
}

TEST(Compose, RefusesTextsAndAddressesThatCannotBeSent) {
  const ParsedMessage mail = original();
  EXPECT_EQ(refusal(mail, {"", false, {}}).kind, ErrorKind::Usage);
  EXPECT_EQ(refusal(mail, {" \r\n\t\n", false, {}}).kind, ErrorKind::Usage);
  EXPECT_EQ(refusal(mail, {std::string("a\0b", 3), false, {}}).kind, ErrorKind::Usage);
  EXPECT_EQ(refusal(mail, {"caf\xe9", false, {}}).kind, ErrorKind::Usage);
  EXPECT_EQ(refusal(mail, {std::string(kMaxTextBytes + 1, 'a'), false, {}}).kind, ErrorKind::Limit);
  EXPECT_EQ(refusal(mail, {"Hello", false, {"eve@x.example\r\nBcc: all@x.example"}}).kind,
            ErrorKind::Usage);
  ReplyRequest many{"Hello", false, {}};
  for (std::size_t i = 0; i < kMaxRecipients; ++i)
    many.cc.push_back("user" + std::to_string(i) + "@x.example");
  EXPECT_EQ(refusal(mail, many).kind, ErrorKind::Limit);
  many.cc.pop_back();
  EXPECT_EQ(reply_to(mail, many).recipients.size(), kMaxRecipients);
}

TEST(Compose, PutsOneReBeforeTheSubject) {
  const auto subject = [](const std::string& given) {
    ParsedMessage mail = original();
    mail.subject = given;
    return reply_to(mail).subject;
  };
  EXPECT_EQ(subject("Numbers"), "Re: Numbers");
  for (const char* kept : {"Re: Numbers", "RE: Numbers", "AW: Zahlen", "Sv: tal", "Antw: getallen",
                           "Re[2]: Numbers", "re : Numbers", "Odp: liczby"})
    EXPECT_EQ(subject(kept), kept);
  EXPECT_EQ(subject("Report: numbers"), "Re: Report: numbers");
  EXPECT_EQ(subject(""), "Re:");
  EXPECT_EQ(subject("  a\r\n b\tc  "), "Re: a b c");
  EXPECT_LE(subject(std::string(5000, 'x')).size(), 510U);
}

TEST(Compose, KeepsTheThreadBounded) {
  ParsedMessage mail = original();
  for (int i = 0; i < 60; ++i) mail.references.push_back("r" + std::to_string(i) + "@x.example");
  mail.references.push_back("bad id@x.example");
  mail.references.push_back(std::string(300, 'x') + "@x.example");
  const Composed reply = reply_to(mail);
  ASSERT_EQ(reply.references.size(), 20U);
  EXPECT_EQ(reply.references.front(), "r0@x.example");  // RFC 5322: the first stays
  EXPECT_EQ(reply.references[18], "r59@x.example");
  EXPECT_EQ(reply.references.back(), "1@other.example");

  mail.references.clear();
  mail.in_reply_to = "0@other.example";
  EXPECT_EQ(reply_to(mail).references, (Strings{"0@other.example", "1@other.example"}));
  mail.message_id = "with space@x";
  mail.in_reply_to.clear();
  const Composed threadless = reply_to(mail);
  EXPECT_EQ(threadless.bytes.find("In-Reply-To"), std::string::npos);
  EXPECT_EQ(threadless.bytes.find("References"), std::string::npos);
}

TEST(Compose, WritesNamesThatAreReadAsTheyWere) {
  for (const std::string name :
       {"Bob Builder", "Bob \"the\" Builder", "Builder, Bob", "B\\ob", "Jörg Müller", "山田太郎",
        "=?utf-8?q?Bcc=3A?=", "a@b <c@d>", "Bob;", "(Bob)", "Bob."}) {
    ParsedMessage mail = original();
    mail.from = {{name, "bob@other.example"}};
    const ParsedMessage again = message::parse(reply_to(mail).bytes);
    ASSERT_EQ(again.to.size(), 1U) << name;
    EXPECT_EQ(again.to[0].name, name);
    EXPECT_EQ(again.to[0].address, "bob@other.example");
  }
}

TEST(Compose, WritesTextsThatAreReadAsTheyWere) {
  std::string long_line;
  for (int i = 0; i < 300; ++i) long_line += "Grüße ";
  for (const std::string& text :
       {std::string("plain"), std::string("ä ö ü 山 🎉"), long_line + "!", std::string(5000, 'x'),
        std::string("a\n.\n..b\n.\n"), std::string("trailing \nblank\t\nx"),
        std::string("= =3D =\n=20"), std::string("From me\n>From you"),
        std::string("\x0c form feed")}) {
    const Composed reply = reply_to(original(), {text, false, {}});
    EXPECT_TRUE(check_wire_form(reply.bytes));
    const ParsedMessage again = message::parse(reply.bytes);
    EXPECT_TRUE(squeezed(again.text).starts_with(squeezed(text))) << again.text.substr(0, 300);
    for (std::size_t at = 0; at < reply.bytes.size();) {
      const std::size_t end = reply.bytes.find("\r\n", at);
      EXPECT_LE(end - at, 78U);
      at = end + 2;
    }
  }
}

TEST(Compose, QuotesNothingWhereThatIsWished) {
  const Composed reply = reply_to(original(), {"They come.", false, {}, false});
  EXPECT_EQ(reply.quoted, "");
  EXPECT_TRUE(reply.bytes.ends_with("\r\n\r\nThey come.\r\n"));
}

TEST(Compose, CutsAVeryLongQuotationVisibly) {
  ParsedMessage mail = original();
  mail.text.clear();
  for (int i = 0; i < 100'000; ++i) mail.text += "eine Zeile mit ü\n";
  const Composed reply = reply_to(mail);
  EXPECT_LT(reply.quoted.size(), 2 * kMaxQuotedBytes);
  EXPECT_TRUE(reply.quoted.ends_with("\n> [...]"));
}

TEST(Compose, IgnoresReceiptsAndHiddenRecipients) {
  const ParsedMessage mail = message::parse(
      "From: Bob <bob@other.example>\r\nTo: anna@example.org\r\nBcc: hidden@x.example\r\n"
      "Disposition-Notification-To: spy@x.example\r\nReturn-Receipt-To: spy@x.example\r\n"
      "Subject: hi\r\nMessage-ID: <1@x>\r\nContent-Type: text/html\r\n\r\n"
      "<img src=\"http://tracker.example/pixel\"><a href=\"mailto:x@y?attach=/etc/passwd\">hi</a>");
  const Composed all = reply_to(mail, {"Hello", true, {}});
  EXPECT_EQ(all.recipients, Strings{"bob@other.example"});
  for (const char* word : {"Bcc", "hidden@", "spy@", "Disposition", "Receipt", "tracker.example",
                           "multipart", "/etc/passwd"})
    EXPECT_EQ(all.bytes.find(word), std::string::npos) << word;
}

TEST(Compose, MarksAddressesThatNeedSmtputf8) {
  EXPECT_FALSE(reply_to(original()).needs_smtputf8);
  ParsedMessage mail = original();
  mail.from = {{"", "jörg@müller.example"}};
  const Composed reply = reply_to(mail);
  EXPECT_TRUE(reply.needs_smtputf8);
  EXPECT_NE(reply.bytes.find("To: jörg@müller.example\r\n"), std::string::npos);
}

TEST(SenderOf, TakesTheFirstAddressThatThereIs) {
  const ParsedMessage mail = original();
  EXPECT_EQ(sender_of("a@x.example", "anna@y.example", "h", mail).address, "a@x.example");
  EXPECT_EQ(sender_of("", "anna@y.example", "h", mail).address, "anna@y.example");
  EXPECT_EQ(sender_of("", "anna", "mail.example.org", mail).address, "anna@example.org");
  EXPECT_EQ(sender_of("", "carl", "mail.example.org", mail).address, "carl@third.example");
  EXPECT_EQ(sender_of("", "zoe", "mail.example.org", mail).address, "zoe@mail.example.org");
  EXPECT_EQ(sender_of("", "zoe", "::1", mail).address, "zoe@[IPv6:::1]");
  ParsedMessage two = original();
  two.to = {{"", "anna@stranger.example"}, {"", "anna@example.org"}};
  EXPECT_EQ(sender_of("", "anna", "imap.example.org", two).address, "anna@example.org");
}

TEST(IsAddress, TakesWhatCanStandInAnEnvelope) {
  for (const char* good :
       {"a@b", "anna.b+tag@example.org", "a..b@docomo.example", "o'neil@x.example", "\"a\"@x",
        "a@[127.0.0.1]", "a@[IPv6:::1]", "jörg@müller.example", "a_b@x-y.example", "a@b_c.example"})
    EXPECT_TRUE(is_address(good)) << good;
  for (const std::string bad : {"",
                                "@",
                                "a@",
                                "@b",
                                "a",
                                "a b@c",
                                "a@b c",
                                "a@b\r\nRCPT TO:<e@x>",
                                "a\n@b",
                                "<a@b>",
                                "a@b>",
                                "a,b@c",
                                "a@b,c",
                                "a:b@c",
                                "@a,@b:c@d",
                                "a;@b",
                                "\"a b\"@c",
                                "\"a\\\"\"@c",
                                "a@.b",
                                "a@b.",
                                "a@b..c",
                                "a@-b",
                                "a(c)@b",
                                "a@b(c)",
                                "\"\"@b",
                                "a@[1.2.3.4",
                                "a@1.2]",
                                "a@\xe2\x80\xa8.b",
                                "a\xe2\x80\xae@b",
                                "caf\xe9@b",
                                "a@b\xc2\x85",
                                "=?utf-8?q?a?=@b"})
    EXPECT_FALSE(is_address(bad)) << bad;
  EXPECT_FALSE(is_address(std::string(320, 'a') + "@b"));
  EXPECT_FALSE(is_address("a@" + std::string(256, 'b')));
  EXPECT_FALSE(is_address(std::string("a\0@b", 4)));
}

}  // namespace
}  // namespace mailkeep::reply
