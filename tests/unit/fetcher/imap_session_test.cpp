// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/session.h"

#include <gtest/gtest.h>

#include "tests/support/imap_scripts.h"
#include "tests/support/test_certificates.h"

namespace mailkeep::fetcher::imap {
namespace {

using common::ErrorKind;
using test::done;
using test::examined;
using test::expect;
using test::expect_bytes;
using test::logged_in;
using test::message;
using test::message_text;
using test::raw;
using test::Script;
using test::ScriptedServer;
using test::searched;
using test::send;
using test::server_at;
using test::Slicing;
using test::stall;

class Collector final : public FetchVisitor {
 public:
  explicit Collector(store::UidSet wanted) : wanted_(std::move(wanted)) {}
  bool wants(store::Uid uid) const override {
    return wanted_.contains(uid) && taken.count(uid) == 0;
  }
  common::Status take(FetchedMessage&& message) override {
    std::string bytes;
    if (message.body) {
      static_cast<void>(message.body->read(1 << 20, [&](std::string_view piece) -> common::Status {
        bytes += piece;
        return {};
      }));
    } else {
      bytes = "(too large)";
    }
    taken[message.uid] = bytes;
    return {};
  }
  std::map<store::Uid, std::string> taken;

 private:
  store::UidSet wanted_;
};

store::UidSet uids(std::string_view text) { return *store::UidSet::from_string(text); }

common::Result<std::unique_ptr<Session>> open(const Server& server, const Limits& limits = {}) {
  return Session::open(server, std::filesystem::temp_directory_path(), limits, {}, {});
}

class ImapSessionSliced : public testing::TestWithParam<Slicing> {};
INSTANTIATE_TEST_SUITE_P(Slicing, ImapSessionSliced,
                         testing::Values(Slicing::Whole, Slicing::OneByte));

TEST_P(ImapSessionSliced, ReadsAFolderAsItCameOverTheWire) {
  const std::string odd("\0\r\n.\r\n)\r\n* 1 FETCH (UID 9 BODY[] {3}\r\nabc", 40);
  ScriptedServer server(
      {logged_in() +
       Script{expect("LIST"), send("* LIST (\\Noselect) \"/\" \"top\""),
              send("* LIST () \"/\" INBOX"), raw("* LIST () \"/\" {5}\r\na\r\nb\xff\r\n"),
              send("* LIST () \"/\" \"inbox\""), done()} +
       examined(3) + searched("3 1 2") +
       Script{expect("UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"), message(2),
              send("* 4 EXISTS"), message(1, odd), message(3, ""), done("OK [HIGHESTMODSEQ 9]")}},
      GetParam());
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session) << session.error().text;

  EXPECT_EQ(*(*session)->list(), (std::vector<std::string>{"INBOX", "a\r\nb\xff"}));
  EXPECT_EQ((*session)->examine("INBOX")->uidvalidity, 7U);
  EXPECT_EQ((*session)->all_uids()->to_string(), "1:3");
  Collector collector(uids("1:3"));
  ASSERT_TRUE((*session)->send_fetch(uids("1:3")));
  ASSERT_TRUE((*session)->read_fetch(collector));

  EXPECT_EQ(collector.taken.size(), 3U);
  EXPECT_EQ(collector.taken[1], odd);
  EXPECT_EQ(collector.taken[2], message_text(2));
  EXPECT_EQ(collector.taken[3], "");
  EXPECT_EQ((*session)->mailbox().exists, 4U);
  EXPECT_EQ((*session)->mailbox().highestmodseq, 9U);
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(ImapSession, FilesNothingItDidNotAskFor) {
  ScriptedServer server(
      {logged_in() + examined(3) +
       Script{expect("UID FETCH 1"), message(2, "a stranger"), message(1),
              message(1, "another text"), raw("* 1 FETCH (BODY[] {3}\r\nabc)\r\n"),
              send("* 1 FETCH (FLAGS (\\Deleted))"),
              raw("* 1 FETCH (UID 2 BODY[] {1}\r\nx UID 1)\r\n"), done()}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->examine("INBOX"));
  Collector collector(uids("1"));

  ASSERT_TRUE((*session)->send_fetch(uids("1")));
  ASSERT_TRUE((*session)->read_fetch(collector));

  EXPECT_EQ(collector.taken, (std::map<store::Uid, std::string>{{1, message_text(1)}}));
}

TEST(ImapSession, ThrowsAwayABodyThatWasCut) {
  ScriptedServer server(
      {logged_in() + examined(1) +
       Script{expect("UID FETCH"), raw("* 1 FETCH (UID 1 BODY[] {100}\r\nhalf")}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->examine("INBOX"));
  Collector collector(uids("1"));
  ASSERT_TRUE((*session)->send_fetch(uids("1")));

  const auto answer = (*session)->read_fetch(collector);

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Network);
  EXPECT_TRUE(collector.taken.empty());
  EXPECT_EQ((*session)->uid_in_hand(), 1U);
  EXPECT_TRUE((*session)->is_broken());
}

TEST(ImapSession, TakesAMessageOfTheLimitAndDrainsOneByteMore) {
  Limits limits;
  limits.literal_bytes = 10;
  ScriptedServer server(
      {logged_in() + examined(2) +
       Script{expect("UID FETCH"), message(1, "0123456789"), message(2, "0123456789X"), done()}});
  auto session = open(server_at(server.port()), limits);
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->examine("INBOX"));
  Collector collector(uids("1:2"));
  ASSERT_TRUE((*session)->send_fetch(uids("1:2")));

  ASSERT_TRUE((*session)->read_fetch(collector));

  EXPECT_EQ(collector.taken[1], "0123456789");
  EXPECT_EQ(collector.taken[2], "(too large)");
}

TEST(ImapSession, NeverBelievesALengthBeyondItsLimit) {
  for (const char* size : {"1073741825", "4294967295", "18446744073709551616"}) {
    ScriptedServer server(
        {logged_in() + examined(1) +
         Script{expect("UID FETCH"), raw("* 1 FETCH (UID 1 BODY[] {" + std::string(size) + "}\r\n"),
                stall()}});
    auto session = open(server_at(server.port()));
    ASSERT_TRUE(session);
    ASSERT_TRUE((*session)->examine("INBOX"));
    Collector collector(uids("1"));
    ASSERT_TRUE((*session)->send_fetch(uids("1")));

    const auto answer = (*session)->read_fetch(collector);

    ASSERT_FALSE(answer) << size;
    EXPECT_EQ(answer.error().kind, ErrorKind::Limit);
    EXPECT_EQ((*session)->uid_in_hand(), 1U);
  }
}

TEST(ImapSession, SendsHostileNamesSoThatTheyStayNames) {
  ScriptedServer server(
      {logged_in("IMAP4rev1 LITERAL+") +
       Script{expect("EXAMINE \"say \\\"x\\\" \\\\\""), done("NO no"), expect("EXAMINE {9}"),
              send("+ go on"), expect_bytes("a\r\nLOGOUT\r\n"), done("NO no"),
              expect("EXAMINE {3+}"), expect_bytes("\xff\xfe!\r\n"), done("NO no")}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);

  for (const char* name : {"say \"x\" \\", "a\r\nLOGOUT", "\xff\xfe!"}) {
    const auto refused = (*session)->examine(name);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::NotFound);
    EXPECT_EQ(refused.error().text.find('\n'), std::string::npos);
  }
  EXPECT_FALSE((*session)->examine(std::string_view("a\0b", 3)));
  EXPECT_FALSE((*session)->is_broken());
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(ImapSession, ListsUidsInASecondWayWhenTheCountDiffers) {
  ScriptedServer server(
      {logged_in() + examined(4) + searched("1 2") +
       Script{expect("UID FETCH 1:* (UID)"), send("* 1 FETCH (UID 1)"), send("* 2 FETCH (UID 2)"),
              send("* 3 FETCH (UID 5)"), send("* 0 FETCH (UID 9)"), done()}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->examine("INBOX"));

  EXPECT_EQ((*session)->all_uids()->to_string(), "1:2,5,9");
}

TEST(ImapSession, UsesTheShortListWhereItIsOffered) {
  ScriptedServer server({logged_in("IMAP4rev1 ESEARCH") + examined(5) +
                         Script{expect("UID SEARCH RETURN (ALL) ALL"),
                                send("* ESEARCH (TAG \"$TAG\") UID ALL 9,7:4"), done()}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->examine("INBOX"));

  EXPECT_EQ((*session)->all_uids()->to_string(), "4:7,9");
}

TEST(ImapSession, RefusesAFolderOfImpossibleSizeWithoutHoldingIt) {
  Limits limits;
  limits.messages = 100;
  for (const auto& [set, fits] : {std::pair{"1:100", true}, std::pair{"1:101", false}}) {
    ScriptedServer server({logged_in("IMAP4rev1 ESEARCH") + examined(100) +
                           Script{expect("UID SEARCH RETURN (ALL) ALL"),
                                  send("* ESEARCH UID ALL " + std::string(set)), done()}});
    auto session = open(server_at(server.port()), limits);
    ASSERT_TRUE(session);
    ASSERT_TRUE((*session)->examine("INBOX"));
    EXPECT_EQ((*session)->all_uids().has_value(), fits);
  }
}

TEST(ImapSession, ClimbsDownTheLadderOfLists) {
  ScriptedServer server(
      {logged_in() + Script{expect("LIST \"\" \"*\""), done("BAD what"), expect("LIST \"\" *"),
                            done("OK nothing"), expect("LIST \"\" \"%\""), done("NO")}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);

  EXPECT_EQ(*(*session)->list(), std::vector<std::string>{"INBOX"});
}

TEST(ImapSession, EndsAFloodOfResponses) {
  Limits limits;
  limits.stray_responses = 10;
  std::string flood;
  for (int i = 0; i < 11; ++i) flood += "* 1 EXISTS\r\n";
  ScriptedServer server({logged_in() + Script{expect("EXAMINE"), raw(flood), done()}});
  auto session = open(server_at(server.port()), limits);
  ASSERT_TRUE(session);

  const auto mailbox = (*session)->examine("INBOX");

  ASSERT_FALSE(mailbox);
  EXPECT_EQ(mailbox.error().kind, ErrorKind::Limit);
}

TEST(ImapSession, ToleratesResponsesOfOddForm) {
  ScriptedServer server(
      {logged_in() +
       Script{expect("EXAMINE"), send("*  2   EXISTS"), send("* OK [HIGHESTMODSEQ 5]"),
              send("* [UIDNEXT 44] no OK"), send("* OK [UIDVALIDITY 3"), send("* FLAGS NIL"),
              send("* OK [ALERT] looks like a literal {5}"), send("* SEARCH 1 2"), done("OK")}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);

  const auto mailbox = (*session)->examine("INBOX");

  ASSERT_TRUE(mailbox) << mailbox.error().text;
  EXPECT_EQ(mailbox->exists, 2U);
  EXPECT_EQ(mailbox->uidvalidity, 3U);
  EXPECT_EQ(mailbox->uidnext, 44U);
  EXPECT_EQ(mailbox->highestmodseq, 5U);
}

TEST(ImapSession, NeverSendsAnythingThatChangesAMailbox) {
  ScriptedServer server({logged_in() + test::one_folder() + examined(1) + searched("1") +
                         Script{expect("UID FETCH"), message(1), done(), expect("LOGOUT")}});
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->list());
  ASSERT_TRUE((*session)->examine("INBOX"));
  ASSERT_TRUE((*session)->all_uids());
  Collector collector(uids("1"));
  ASSERT_TRUE((*session)->send_fetch(uids("1")));
  ASSERT_TRUE((*session)->read_fetch(collector));
  (*session)->log_out();

  server.stop();
  for (const char* word : {"SELECT", "CLOSE", "EXPUNGE", "STORE", "BODY[]", "DELETE"}) {
    EXPECT_EQ(server.count(word), 0U) << word;
  }
  EXPECT_TRUE(server.mistakes().empty());
}

}  // namespace
}  // namespace mailkeep::fetcher::imap
