// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/folder_sync.h"

#include <gtest/gtest.h>

#include <mutex>

#include "common/digest.h"
#include "fetcher/fetch.h"
#include "store/completeness.h"
#include "store/contents.h"
#include "store/journal.h"
#include "tests/support/imap_scripts.h"

namespace mailkeep::fetcher {
namespace {

using common::ErrorKind;
using test::done;
using test::examined;
using test::expect;
using test::logged_in;
using test::message;
using test::message_text;
using test::one_folder;
using test::raw;
using test::Script;
using test::ScriptedServer;
using test::searched;
using test::send;
using test::Slicing;
using test::TempArchive;

// One account whose server follows the scripts, and what became of it.
struct Pass {
  TempArchive temp;
  store::Protocol protocol = store::Protocol::Imap;
  std::vector<std::string> exclude;

  AccountResult run(const ScriptedServer& server) {
    store::Accounts accounts(*temp.archive);
    if (!accounts.find("anna")) {
      store::AccountSettings settings;
      settings.name = settings.user = "anna";
      settings.protocol = protocol;
      settings.tls = store::TlsMode::None;
      settings.host = "127.0.0.1";
      settings.port = server.port();
      settings.exclude = exclude;
      EXPECT_TRUE(accounts.add(settings, "secret"));
    }
    auto results = fetch(*temp.archive, {}, {}, {});
    EXPECT_TRUE(results) << results.error().text;
    EXPECT_EQ(results->size(), 1U);
    return results->front();
  }

  store::AccountReport report() {
    return store::completeness(*temp.archive, {"anna"})->accounts.front();
  }

  // "uid:state" of every gap, in order.
  std::string gaps(std::size_t folder = 0) {
    std::string text;
    const store::AccountReport whole = report();
    for (const store::Gap& gap : whole.folders.at(folder).gaps.first(100)) {
      text += (text.empty() ? "" : " ") + (gap.uidl.empty() ? std::to_string(gap.uid) : gap.uidl) +
              ":" + gap.reason;
    }
    return text;
  }

  std::map<std::pair<std::uint32_t, store::Uid>, std::string> archived() {
    std::map<std::pair<std::uint32_t, store::Uid>, std::string> messages;
    store::Journal journal(*temp.archive);
    store::Contents contents(*temp.archive);
    const auto sightings = journal.sightings(store::LogPosition{0}, *journal.size(), 100'000);
    for (const auto& sighting : *sightings) {
      messages[{sighting.uidvalidity, sighting.uid}] = *contents.get(sighting.content, 1U << 30U);
    }
    return messages;
  }
};

Script fetched(const std::string& set, const std::vector<unsigned>& uids) {
  Script script{expect("UID FETCH " + set + " ")};
  for (const unsigned uid : uids) script.push_back(message(uid));
  script.push_back(done());
  return script;
}

Script refused(const std::string& set) {
  return {expect("UID FETCH " + set + " "), done("NO [UNAVAILABLE] UID FETCH Server error")};
}

class FolderSyncSliced : public testing::TestWithParam<Slicing> {};
INSTANTIATE_TEST_SUITE_P(Slicing, FolderSyncSliced,
                         testing::Values(Slicing::Whole, Slicing::OneByte));

TEST_P(FolderSyncSliced, ArchivesEveryMessageOnceOverTwoPasses) {
  const Script beginning = logged_in() + one_folder() + examined(3) + searched("1 2 3");
  const Script end{expect("LOGOUT")};
  ScriptedServer server({beginning + fetched("1:3", {1, 3, 2}) + end, beginning + end}, GetParam());
  Pass pass;

  const AccountResult first = pass.run(server);
  const AccountResult second = pass.run(server);

  EXPECT_FALSE(first.error) << first.error->text;
  EXPECT_EQ(first.messages, 3U);
  EXPECT_EQ(second.messages, 0U);
  EXPECT_TRUE(pass.report().complete);
  const auto archived = pass.archived();
  ASSERT_EQ(archived.size(), 3U);
  for (unsigned uid = 1; uid <= 3; ++uid) {
    EXPECT_EQ(archived.at({7, uid}), message_text(uid));
  }
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(FolderSync, AsksAgainForWhatTheServerPassedOver) {
  ScriptedServer server({logged_in() + one_folder() + examined(3) + searched("1 2 3") +
                         fetched("1:3", {1}) + fetched("2", {2}) + fetched("3", {3})});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_EQ(result.messages, 3U);
  EXPECT_TRUE(pass.report().complete);
}

TEST(FolderSync, TellsVanishedFromWithheld) {
  ScriptedServer server(
      {logged_in() + one_folder() + examined(3) + searched("1 2 3") + fetched("1:3", {1}) +
       Script{expect("UID FETCH 2 "), done(), expect("UID FETCH 3 "), send("* 2 EXPUNGE"), done()} +
       searched("1 3")});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_EQ(result.failed, 1U);
  EXPECT_EQ(pass.gaps(), "3:no-data-returned");
  EXPECT_EQ(pass.report().folders[0].vanished, 1U);
  EXPECT_FALSE(pass.report().complete);
}

TEST(FolderSync, FetchesWhatVanishedAndIsListedAgain) {
  const Script beginning = logged_in() + one_folder();
  ScriptedServer server(
      {beginning + examined(2) + searched("1 2") + fetched("1:2", {1}) +
           Script{expect("UID FETCH 2 "), send("* 2 EXPUNGE"), done()} + searched("1") +
           Script{expect("LOGOUT")},
       beginning + examined(2) + searched("1 2") + fetched("2", {2}) + Script{expect("LOGOUT")}});
  Pass pass;

  pass.run(server);
  const std::uint64_t vanished = pass.report().folders[0].vanished;
  const AccountResult second = pass.run(server);

  EXPECT_EQ(vanished, 1U);
  EXPECT_EQ(second.messages, 1U);
  EXPECT_TRUE(pass.report().complete);
}

TEST(FolderSync, DoesNotTakeAShortListForAProofOfVanishing) {
  ScriptedServer server({logged_in() + one_folder() + examined(2) + searched("1 2") +
                         fetched("1:2", {1}) + Script{expect("UID FETCH 2 "), done()} +
                         searched("1") +
                         Script{expect("UID FETCH 1:* (UID)"), send("* 1 FETCH (UID 1)"), done()}});
  Pass pass;

  pass.run(server);

  EXPECT_EQ(pass.gaps(), "2:no-data-returned");
}

TEST(FolderSync, IsolatesTheMessageThatSpoilsABatch) {
  // Both halves are on their way before the first is answered.
  ScriptedServer server({logged_in() + one_folder() + examined(4) + searched("1 2 3 4") +
                         refused("1:4") + Script{expect("UID FETCH 1:2 ")} +
                         Script{message(1), message(2), done()} + refused("3:4") +
                         Script{expect("UID FETCH 3 "), message(3), done()} + refused("4")});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_FALSE(result.error) << result.error->text;
  EXPECT_EQ(result.messages, 3U);
  EXPECT_EQ(pass.gaps(), "4:refused-by-server");
}

TEST(FolderSync, FetchesAGapInTheNextPassWhenItHasHealed) {
  const Script beginning = logged_in() + one_folder() + examined(2) + searched("1 2");
  ScriptedServer server({beginning + fetched("1:2", {1}) + Script{expect("UID FETCH 2 "), done()} +
                             searched("1 2") + Script{expect("LOGOUT")},
                         beginning + fetched("2", {2}) + Script{expect("LOGOUT")}});
  Pass pass;
  pass.run(server);
  EXPECT_FALSE(pass.report().complete);

  const AccountResult healed = pass.run(server);

  EXPECT_EQ(healed.messages, 1U);
  EXPECT_TRUE(pass.report().complete);
}

TEST(FolderSync, GoesOnFromWhatIsSealedWhenTheLineIsCutInsideALiteral) {
  ScriptedServer server(
      {logged_in() + one_folder() + examined(3) + searched("1 2 3") +
           Script{expect("UID FETCH 1:3 "), message(1),
                  raw("* 2 FETCH (UID 2 BODY[] {500}\r\nhalf a mess")},
       logged_in() + examined(3) + searched("1 2 3") + fetched("3", {3}) + fetched("2", {2})});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_FALSE(result.error) << result.error->text;
  EXPECT_EQ(result.messages, 3U);
  EXPECT_EQ(pass.archived().at({7, 2}), message_text(2));
  EXPECT_TRUE(pass.report().complete);
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(FolderSync, GivesUpAMessageThatCutsTheLineTwiceAndTakesTheRest) {
  const Script cut{raw("* 1 FETCH (UID 1 BODY[] {500}\r\nhalf")};
  ScriptedServer server({logged_in() + one_folder() + examined(2) + searched("1 2") +
                             Script{expect("UID FETCH")} + cut,
                         logged_in() + examined(2) + searched("1 2") + fetched("2", {2}) +
                             Script{expect("UID FETCH 1 ")} + cut,
                         logged_in() + examined(2) + searched("1 2") + Script{expect("LOGOUT")}});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_FALSE(result.error) << result.error->text;
  EXPECT_EQ(result.messages, 1U);
  EXPECT_EQ(pass.gaps(), "1:connection-lost");
  server.stop();
  EXPECT_EQ(server.connections(), 3U);
}

TEST(FolderSync, ConnectsAnewOnlyOnceWhenTheLineKeepsBreaking) {
  const Script broken = examined(2) + searched("1 2") + Script{expect("UID FETCH")};
  ScriptedServer server({logged_in() + one_folder() + broken, logged_in() + broken,
                         logged_in() + broken, logged_in() + broken});
  Pass pass;

  const AccountResult result = pass.run(server);

  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::Network);
  EXPECT_FALSE(pass.report().complete);
  server.stop();
  EXPECT_EQ(server.connections(), 2U);
}

TEST(FolderSync, OpensANewEpochWhenTheFolderCameBackAsAnother) {
  ScriptedServer server(
      {logged_in() + one_folder() + examined(2, 7) + searched("1 2") +
           Script{expect("UID FETCH 1:2 "), message(1), raw("* 2 FETCH (UID 2 BODY[] {500}\r\nha")},
       logged_in() + examined(2, 8) + searched("1 2") +
           Script{expect("UID FETCH 1:2 "), message(1, "other"), message(2, "mail"), done()}});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_FALSE(result.error) << result.error->text;
  const auto archived = pass.archived();
  EXPECT_EQ(archived.at({7, 1}), message_text(1));
  EXPECT_EQ(archived.at({8, 1}), "other");
  EXPECT_EQ(archived.at({8, 2}), "mail");
  EXPECT_EQ(archived.count({7, 2}), 0U);
}

TEST(FolderSync, RemovesNothingWhenTheFolderComesBackEmpty) {
  ScriptedServer server(
      {logged_in() + one_folder() + examined(1) + searched("1") + fetched("1", {1}) +
           Script{expect("LOGOUT")},
       logged_in() + one_folder() + examined(0, 9) + searched("") + Script{expect("LOGOUT")}});
  Pass pass;
  pass.run(server);

  pass.run(server);

  EXPECT_EQ(pass.archived().size(), 1U);
}

TEST(FolderSync, SkipsAMessageOverTheLimitAndTakesTheRest) {
  const std::string bomb = "* 1 FETCH (UID 1 BODY[] {99999999999}\r\n";
  ScriptedServer server(
      {logged_in() + one_folder() + examined(2) + searched("1 2") +
           Script{expect("UID FETCH 1:2 "), raw(bomb)},
       logged_in() + examined(2) + searched("1 2") + fetched("2", {2}) + Script{expect("LOGOUT")}});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_FALSE(result.error) << result.error->text;
  EXPECT_EQ(result.messages, 1U);
  EXPECT_EQ(pass.gaps(), "1:over-size-limit");
}

TEST(FolderSync, GoesOnWithTheOtherFoldersWhenOneCannotBeOpened) {
  ScriptedServer server(
      {logged_in() +
       Script{expect("LIST"), send("* LIST () \"/\" shut"), send("* LIST () \"/\" INBOX"), done(),
              expect("EXAMINE"), done("NO [NOPERM] not yours")} +
       examined(1) + searched("1") + fetched("1", {1}) + Script{expect("LOGOUT")}});
  Pass pass;

  const AccountResult result = pass.run(server);

  EXPECT_FALSE(result.error) << result.error->text;
  EXPECT_EQ(result.messages, 1U);
  EXPECT_EQ(result.failed, 1U);
  EXPECT_FALSE(pass.report().complete);
}

TEST(FolderSync, RecordsWhatAnExcludedFolderHolds) {
  ScriptedServer server({logged_in() + one_folder("Trash") + examined(2) + searched("4 5") +
                         Script{expect("LOGOUT")}});
  Pass pass;
  pass.exclude = {"Tr*"};

  const AccountResult result = pass.run(server);

  EXPECT_EQ(result.messages, 0U);
  EXPECT_EQ(pass.report().folders.at(0).excluded, 2U);
  EXPECT_TRUE(pass.report().complete);
  server.stop();
  EXPECT_EQ(server.count("FETCH"), 0U);
}

TEST(FolderSync, StopsAtOnceWhenTheServerAsksForPatience) {
  ScriptedServer server({logged_in() + one_folder() + examined(2) + searched("1 2") +
                         Script{expect("UID FETCH 1:2 "), message(1),
                                done("NO [LIMIT] Rate limit hit"), test::stall()}});
  Pass pass;

  const AccountResult result = pass.run(server);

  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->kind, ErrorKind::Throttled);
  EXPECT_EQ(result.messages, 1U);
  EXPECT_EQ(pass.gaps(), "2:not-fetched-yet");
}

TEST(FolderSync, ArchivesAFolderWithoutUidvalidity) {
  ScriptedServer server({logged_in() + one_folder() +
                         Script{expect("EXAMINE"), send("* 1 EXISTS"), done()} + searched("1") +
                         fetched("1", {1})});
  Pass pass;

  EXPECT_EQ(pass.run(server).messages, 1U);
  EXPECT_EQ(pass.archived().at({0, 1}), message_text(1));
}

Script pop3(const std::string& uidls) {
  return {send("+OK"),
          expect("CAPA"),
          raw("+OK\r\nUSER\r\nPIPELINING\r\n.\r\n"),
          expect("USER"),
          send("+OK"),
          expect("PASS"),
          send("+OK"),
          expect("UIDL"),
          uidls.empty() ? send("-ERR") : raw("+OK\r\n" + uidls + ".\r\n"),
          expect("LIST"),
          raw("+OK\r\n1 10\r\n2 10\r\n3 10\r\n.\r\n")};
}

Script retrieved(unsigned number, const std::string& text) {
  return {expect("RETR " + std::to_string(number)), raw("+OK\r\n" + text + "\r\n.\r\n")};
}

TEST(MaildropSync, TrustsNoUidlThatIsBlankOrRepeated) {
  const std::string uidls = "1 same\r\n2 same\r\n3 \r\n";
  const Script all = retrieved(1, "one") + retrieved(2, "two") + retrieved(3, "three");
  ScriptedServer server({pop3(uidls) + all + Script{expect("QUIT"), send("+OK")},
                         pop3(uidls) + all + Script{expect("QUIT"), send("+OK")}});
  Pass pass;
  pass.protocol = store::Protocol::Pop3;

  const AccountResult first = pass.run(server);
  const AccountResult second = pass.run(server);

  EXPECT_FALSE(first.error) << first.error->text;
  EXPECT_EQ(first.messages, 3U);
  EXPECT_EQ(second.messages, 0U);
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(MaildropSync, KnowsContentsWhereThereAreNoUidls) {
  const Script all = retrieved(1, "one") + retrieved(2, "two") + retrieved(3, "three");
  ScriptedServer server({pop3("") + all + Script{expect("QUIT"), send("+OK")},
                         pop3("") + all + Script{expect("QUIT"), send("+OK")}});
  Pass pass;
  pass.protocol = store::Protocol::Pop3;

  EXPECT_EQ(pass.run(server).messages, 3U);
  EXPECT_EQ(pass.run(server).messages, 0U);
}

TEST(MaildropSync, RetrievesNothingTwiceAndGoesOnAfterACut) {
  const std::string uidls = "1 a\r\n2 b\r\n3 c\r\n";
  ScriptedServer server(
      {pop3(uidls) + retrieved(1, "one") + Script{expect("RETR 2"), raw("+OK\r\nhalf a mess")},
       pop3(uidls) + retrieved(3, "three") + retrieved(2, "two") +
           Script{expect("QUIT"), send("+OK")},
       pop3(uidls) + retrieved(3, "three") + Script{expect("QUIT"), send("+OK")}});
  Pass pass;
  pass.protocol = store::Protocol::Pop3;

  EXPECT_EQ(pass.run(server).messages, 3U);
  EXPECT_EQ(pass.run(server).messages, 0U);
  EXPECT_TRUE(pass.report().complete);
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
  EXPECT_EQ(server.count("QUIT"), 2U);
}

TEST(MaildropSync, ListsWhatTheServerRefuses) {
  ScriptedServer server(
      {pop3("1 a\r\n2 b\r\n3 c\r\n") + retrieved(1, "one") +
           Script{expect("RETR 2"), send("-ERR cannot"), expect("RETR 3"),
                  raw("+OK\r\nthree\r\n.\r\n"), expect("QUIT"), send("+OK")},
       pop3("1 a\r\n2 b\r\n3 c\r\n") +
           Script{expect("RETR 2"), send("-ERR cannot"), expect("QUIT"), send("+OK")}});
  Pass pass;
  pass.protocol = store::Protocol::Pop3;

  const AccountResult result = pass.run(server);

  EXPECT_EQ(result.messages, 2U);
  EXPECT_EQ(result.failed, 1U);
  EXPECT_EQ(pass.gaps(), "b:refused-by-server");
}

}  // namespace
}  // namespace mailkeep::fetcher
