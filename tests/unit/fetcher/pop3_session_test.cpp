// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/session.h"

#include <gtest/gtest.h>

#include "tests/support/imap_scripts.h"
#include "tests/support/test_certificates.h"

namespace mailkeep::fetcher::pop3 {
namespace {

using common::ErrorKind;
using store::TlsMode;
using test::expect;
using test::raw;
using test::Script;
using test::ScriptedServer;
using test::send;
using test::server_at;
using test::Slicing;
using test::stall;
using test::start_tls;

common::Result<std::unique_ptr<Session>> open(const Server& server, const Limits& limits = {}) {
  return Session::open(server, std::filesystem::temp_directory_path(), limits, {}, {});
}

Script logged_in(const std::string& capabilities = "USER\r\nUIDL\r\nPIPELINING") {
  return {send("+OK <123.4@apop.example> ready"),
          expect("CAPA"),
          raw("+OK\r\n" + capabilities + "\r\n.\r\n"),
          expect("USER anna"),
          send("+OK"),
          expect("PASS secret"),
          send("+OK in")};
}

std::string bytes_of(const store::Body& body) {
  std::string bytes;
  static_cast<void>(body.read(1 << 20, [&](std::string_view piece) -> common::Status {
    bytes += piece;
    return {};
  }));
  return bytes;
}

class Pop3SessionSliced : public testing::TestWithParam<Slicing> {};
INSTANTIATE_TEST_SUITE_P(Slicing, Pop3SessionSliced,
                         testing::Values(Slicing::Whole, Slicing::OneByte));

TEST_P(Pop3SessionSliced, ListsAndRetrievesTheExactBytes) {
  ScriptedServer server(
      {logged_in() + Script{expect("UIDL"),
                            raw("+OK\r\n1 abc\r\n+OK 2   d e f \r\n3\r\nrubbish\r\n.\r\n"),
                            expect("LIST"), raw("+OK\r\n1 120\r\n2 about\r\n4 7\r\n.\r\n"),
                            expect("RETR 1"), raw("+OK 120 octets\r\n..\r\na\n.\nb\r\n.\r\n"),
                            expect("RETR 2"), send("-ERR [SYS/PERM] cannot convert"),
                            expect("RETR 3"), raw("+OK\r\n.\r\n"), expect("QUIT"), send("+OK")}},
      GetParam());
  auto session = open(server_at(server.port()));
  ASSERT_TRUE(session) << session.error().text;
  EXPECT_TRUE((*session)->can_pipeline());

  const auto listing = (*session)->list();
  ASSERT_TRUE(listing);
  ASSERT_EQ(listing->messages.size(), 3U);
  EXPECT_EQ(listing->messages[0].uidl, "abc");
  EXPECT_EQ(listing->messages[0].size, 120U);
  EXPECT_EQ(listing->messages[1].uidl, "d e f");
  EXPECT_FALSE(listing->messages[1].size);
  EXPECT_EQ(listing->messages[2].uidl, "");
  for (const unsigned number : {1U, 2U, 3U}) ASSERT_TRUE((*session)->send_retr(number));
  EXPECT_EQ(bytes_of(**(*session)->read_retr()), ".\r\na\n.\nb\r\n");
  EXPECT_FALSE(*(*session)->read_retr());
  EXPECT_EQ(bytes_of(**(*session)->read_retr()), "");
  (*session)->quit();

  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
  EXPECT_EQ(server.count("APOP") + server.count("TOP ") + server.count("DELE"), 0U);
}

TEST(Pop3Session, GoesThroughStlsAndAsksAnew) {
  const auto identity = test::make_identity({});
  const auto context = test::server_context(identity);
  const test::PemFile ca(identity);
  ScriptedServer server(
      {{send("+OK <1.2@x> ready"), expect("CAPA"),
        raw("+OK\r\nSTLS\r\nUSER\r\nPIPELINING\r\n.\r\n"), expect("STLS"), send("+OK go"),
        start_tls(), expect("CAPA"), raw("+OK\r\nSASL LOGIN PLAIN\r\n.\r\n"), expect("AUTH PLAIN"),
        send("+OK"), expect("AGFubmEAc2VjcmV0"), send("+OK in")}},
      Slicing::Whole, context.get());
  Server where = server_at(server.port(), TlsMode::Starttls);
  where.ca_file = ca.path();

  auto session = open(where);

  ASSERT_TRUE(session) << session.error().text;
  EXPECT_FALSE((*session)->can_pipeline());
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

struct Refusal {
  const char* name;
  Script script;
  TlsMode tls;
  ErrorKind kind;
};

class Pop3Refusal : public testing::TestWithParam<Refusal> {};

INSTANTIATE_TEST_SUITE_P(
    Cases, Pop3Refusal,
    testing::Values(
        Refusal{"stls_not_offered",
                {send("+OK <1.2@x>"), expect("CAPA"), raw("+OK\r\nUSER\r\n.\r\n"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{"stls_refused",
                {send("+OK <1.2@x>"), expect("CAPA"), raw("+OK\r\nSTLS\r\n.\r\n"), expect("STLS"),
                 send("-ERR no"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{
            "capa_unknown_stls_refused",
            {send("+OK hi"), expect("CAPA"), send("-ERR"), expect("STLS"), send("-ERR"), stall()},
            TlsMode::Starttls,
            ErrorKind::Tls},
        Refusal{"injected_list",
                {send("+OK hi"), expect("CAPA"), raw("+OK\r\nSTLS\r\n.\r\n"), expect("STLS"),
                 raw("+OK go\r\n+OK\r\nPLAIN\r\n.\r\n"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{"injected_rubbish",
                {send("+OK hi"), expect("CAPA"), raw("+OK\r\nSTLS\r\n.\r\n"), expect("STLS"),
                 raw("+OK go\r\n\xff\xfe"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{"greeting", {send("-ERR go away"), stall()}, TlsMode::None, ErrorKind::Network},
        Refusal{"not_pop3", {send("* OK IMAP here"), stall()}, TlsMode::None, ErrorKind::Protocol}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST_P(Pop3Refusal, GivesNoPasswordAway) {
  ScriptedServer server({GetParam().script});

  const auto session = open(server_at(server.port(), GetParam().tls));

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, GetParam().kind) << session.error().text;
  server.stop();
  EXPECT_EQ(
      server.count("USER") + server.count("PASS") + server.count("AUTH") + server.count("APOP"),
      0U);
}

TEST(Pop3Session, TellsRefusalsOfTheLoginApart) {
  for (const auto& [answer, kind] :
       {std::pair{"-ERR wrong", ErrorKind::Auth}, std::pair{"-ERR [AUTH] no", ErrorKind::Auth},
        std::pair{"-ERR [IN-USE] locked", ErrorKind::Busy},
        std::pair{"-ERR [SYS/TEMP] later", ErrorKind::Throttled},
        std::pair{"-ERR [LOGIN-DELAY] slow down", ErrorKind::Throttled},
        std::pair{"-ERR secret is wrong", ErrorKind::Auth}}) {
    ScriptedServer server({{send("+OK"), expect("CAPA"), send("-ERR"), expect("USER"), send("+OK"),
                            expect("PASS"), send(answer), stall()}});

    const auto session = open(server_at(server.port()));

    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().kind, kind) << answer;
    EXPECT_EQ(session.error().text.find("secret"), std::string::npos);
  }
}

TEST(Pop3Session, DoesWithoutCapaWhereAServerDoesNotSurviveIt) {
  Limits limits;
  limits.capa_wait = std::chrono::milliseconds(100);
  for (const Script& death : {Script{}, Script{stall()}}) {
    ScriptedServer server(
        {Script{send("+OK"), expect("CAPA")} + death,
         {send("+OK"), expect("USER"), send("+OK"), expect("PASS"), send("+OK")}});

    const auto session = open(server_at(server.port()), limits);

    ASSERT_TRUE(session) << session.error().text;
    EXPECT_FALSE((*session)->can_pipeline());
  }
}

TEST(Pop3Session, RefusesPasswordsThatWouldBeginANewCommand) {
  ScriptedServer server({{send("+OK"), expect("CAPA"), send("-ERR"), expect("nothing more")}});
  Server where = server_at(server.port());
  where.credentials.password = net::Secret(std::string("x\r\nDELE 1"));

  const auto session = open(where);

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::Config);
}

TEST(Pop3Session, TakesAMessageOfTheLimitAndRefusesOneByteMore) {
  Limits limits;
  limits.message_bytes = 10;
  ScriptedServer server({logged_in() + Script{expect("RETR 1"), raw("+OK\r\n01234567\r\n.\r\n"),
                                              expect("RETR 2"), raw("+OK\r\n012345678\r\n.\r\n")}});
  auto session = open(server_at(server.port()), limits);
  ASSERT_TRUE(session);
  ASSERT_TRUE((*session)->send_retr(1));
  ASSERT_TRUE((*session)->send_retr(2));

  EXPECT_TRUE((*session)->read_retr());
  const auto refused = (*session)->read_retr();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Limit);
}

TEST(Pop3Session, ListsMessagesToTheLimitAndNotOneMore) {
  Limits limits;
  limits.messages = 2;
  for (const auto& [lines, fits] :
       {std::pair{"1 a\r\n2 b\r\n", true}, std::pair{"1 a\r\n2 b\r\n3 c\r\n", false}}) {
    ScriptedServer server(
        {logged_in() + Script{expect("UIDL"), raw("+OK\r\n" + std::string(lines) + ".\r\n"),
                              expect("LIST"), send("-ERR")}});
    auto session = open(server_at(server.port()), limits);
    ASSERT_TRUE(session);
    EXPECT_EQ((*session)->list().has_value(), fits);
  }
}

}  // namespace
}  // namespace mailkeep::fetcher::pop3
