// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/login.h"

#include <gtest/gtest.h>

#include "tests/support/imap_scripts.h"
#include "tests/support/test_certificates.h"

namespace mailkeep::fetcher::imap {
namespace {

using common::ErrorKind;
using store::TlsMode;
using test::done;
using test::expect;
using test::raw;
using test::Script;
using test::ScriptedServer;
using test::send;
using test::server_at;
using test::Slicing;
using test::stall;
using test::start_tls;

// A server that can do TLS, and the file by which it is trusted.
struct TlsKit {
  test::TestIdentity identity = test::make_identity({});
  std::shared_ptr<SSL_CTX> context = test::server_context(identity);
  test::PemFile ca{identity};
};

common::Result<std::unique_ptr<Connection>> log_in_at(const ScriptedServer& server, TlsMode tls,
                                                      const std::string& ca_file = {}) {
  Server where = server_at(server.port(), tls);
  where.ca_file = ca_file;
  return log_in(where, {}, {}, {});
}

Script starttls_greeting() {
  return {send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready"), expect("STARTTLS")};
}

bool was_sent(const ScriptedServer& server, std::string_view secret) {
  return server.count(secret) != 0;
}

class ImapLoginSliced : public testing::TestWithParam<Slicing> {};
INSTANTIATE_TEST_SUITE_P(Slicing, ImapLoginSliced,
                         testing::Values(Slicing::Whole, Slicing::OneByte));

TEST_P(ImapLoginSliced, GoesThroughStarttlsAndAsksEverythingAnew) {
  const TlsKit kit;
  ScriptedServer server(
      {starttls_greeting() +
       Script{done("OK go ahead"), start_tls(), expect("CAPABILITY"),
              send("* CAPABILITY IMAP4rev1 ID SASL-IR AUTH=PLAIN"), done(), expect("ID ("),
              send("* ID NIL"), done(), expect("AUTHENTICATE PLAIN AGFubmEAc2VjcmV0"), done(),
              expect("CAPABILITY"), send("* CAPABILITY IMAP4rev1 ESEARCH"), done()}},
      GetParam(), kit.context.get());

  const auto connection = log_in_at(server, TlsMode::Starttls, kit.ca.path());

  ASSERT_TRUE(connection) << connection.error().text;
  EXPECT_TRUE((*connection)->stream().is_encrypted());
  EXPECT_TRUE((*connection)->offers("ESEARCH"));
  EXPECT_FALSE((*connection)->offers("STARTTLS"));
  EXPECT_FALSE((*connection)->offers("SASL-IR"));
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

// Whatever stands behind the OK in the same packet was not protected by what begins there.
TEST(ImapLogin, DropsTheConnectionWhenAnythingStandsBehindTheConsent) {
  const TlsKit kit;
  for (const char* injected : {"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "* BYE bad luck\r\n",
                               "* OK [ALERT] call us\r\n", "x"}) {
    ScriptedServer server(
        {starttls_greeting() +
         Script{raw("$TAG OK go\r\n" + std::string(injected)), start_tls(), stall()}},
        Slicing::Whole, kit.context.get());

    const auto connection = log_in_at(server, TlsMode::Starttls, kit.ca.path());

    ASSERT_FALSE(connection) << injected;
    EXPECT_EQ(connection.error().kind, ErrorKind::Tls);
    server.stop();
    EXPECT_FALSE(was_sent(server, "AUTHENTICATE"));
    EXPECT_FALSE(was_sent(server, "LOGIN"));
  }
}

TEST(ImapLogin, ForgetsWhatWasSaidBeforeTls) {
  const TlsKit kit;
  ScriptedServer server(
      {Script{send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR LITERAL+] ready"),
              expect("STARTTLS"), send("* LIST () \"/\" injected"), send("* 9 EXISTS"),
              send("* CAPABILITY IMAP4rev1 AUTH=PLAIN ID"), done("OK go"), start_tls(),
              expect("CAPABILITY"), send("* CAPABILITY IMAP4rev1"), done(),
              expect("LOGIN \"anna\" \"secret\""), done("OK [CAPABILITY IMAP4rev1] in")}},
      Slicing::Whole, kit.context.get());

  const auto connection = log_in_at(server, TlsMode::Starttls, kit.ca.path());

  ASSERT_TRUE(connection) << connection.error().text;
  EXPECT_FALSE((*connection)->offers("LITERAL+"));
}

struct Refusal {
  const char* name;
  Script script;
  TlsMode tls;
  ErrorKind kind;
};

class ImapLoginRefusal : public testing::TestWithParam<Refusal> {};

Script answers_login(const std::string& answer) {
  return {send("* OK [CAPABILITY IMAP4rev1] ready"), expect("LOGIN"), done(answer), stall()};
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ImapLoginRefusal,
    testing::Values(
        Refusal{"preauth",
                {send("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{"starttls_hidden",
                {send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{"starttls_no", starttls_greeting() + Script{done("NO not now"), stall()},
                TlsMode::Starttls, ErrorKind::Tls},
        Refusal{"starttls_bad", starttls_greeting() + Script{done("BAD what"), stall()},
                TlsMode::Starttls, ErrorKind::Tls},
        Refusal{"starttls_plus", starttls_greeting() + Script{send("+ go on"), stall()},
                TlsMode::Starttls, ErrorKind::Protocol},
        Refusal{"no_capability_command",
                {send("* OK hello"), expect("CAPABILITY"), done("BAD what"), stall()},
                TlsMode::Starttls,
                ErrorKind::Tls},
        Refusal{"bye", {send("* BYE go away"), stall()}, TlsMode::None, ErrorKind::Network},
        Refusal{"too_many",
                {send("* BYE Too many simultaneous connections"), stall()},
                TlsMode::None,
                ErrorKind::Throttled},
        Refusal{
            "no_imap", {send("220 smtp.example.org"), stall()}, TlsMode::None, ErrorKind::Protocol},
        Refusal{"guessed_tag",
                {send("* OK [CAPABILITY IMAP4rev1] hi"), send("a1 OK in"), stall()},
                TlsMode::None,
                ErrorKind::Protocol},
        Refusal{"login_disabled",
                {send("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi"), stall()},
                TlsMode::None,
                ErrorKind::Auth},
        Refusal{"wrong_password", answers_login("NO [AUTHENTICATIONFAILED] wrong"), TlsMode::None,
                ErrorKind::Auth},
        Refusal{"plain_no", answers_login("NO wrong"), TlsMode::None, ErrorKind::Auth},
        Refusal{"unavailable", answers_login("NO [UNAVAILABLE] later"), TlsMode::None,
                ErrorKind::Throttled},
        Refusal{"limit", answers_login("NO [LIMIT] rate limit hit"), TlsMode::None,
                ErrorKind::Throttled},
        Refusal{"throttled",
                answers_login("BAD Request is throttled. Suggested Backoff Time: 9 ms"),
                TlsMode::None, ErrorKind::Throttled},
        Refusal{"in_use", answers_login("NO [INUSE] locked"), TlsMode::None, ErrorKind::Busy},
        Refusal{
            "not_connected",
            {send("* OK [CAPABILITY IMAP4rev1] ready"), expect("LOGIN"), done("OK in"),
             expect("CAPABILITY"), done("BAD User is authenticated but not connected."), stall()},
            TlsMode::None,
            ErrorKind::Auth}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST_P(ImapLoginRefusal, IsToldApartAndGivesNoPasswordAway) {
  const Refusal& refusal = GetParam();
  ScriptedServer server({refusal.script});

  const auto connection = log_in_at(server, refusal.tls);

  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, refusal.kind) << connection.error().text;
  EXPECT_EQ(connection.error().text.find("secret"), std::string::npos);
  server.stop();
  if (refusal.tls == TlsMode::Starttls) {
    EXPECT_FALSE(was_sent(server, "secret"));
    EXPECT_FALSE(was_sent(server, "LOGIN"));
    EXPECT_FALSE(was_sent(server, "AUTH"));
  }
}

TEST(ImapLogin, SaysNothingToAServerThatGreetsWithPreauthWhereTlsIsRequired) {
  ScriptedServer server({{send("* PREAUTH ready"), expect("any command at all")}});

  ASSERT_FALSE(log_in_at(server, TlsMode::Starttls));

  server.stop();
  EXPECT_TRUE(server.lines().empty());
}

TEST(ImapLogin, AnswersTheChallengeWhereNoInitialResponseIsOffered) {
  ScriptedServer server(
      {{send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi"), expect("AUTHENTICATE PLAIN"), send("+"),
        expect("AGFubmEAc2VjcmV0"), send("mx OK not this one")}});

  const auto connection = log_in_at(server, TlsMode::None);

  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::Protocol);
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(ImapLogin, TakesLoginWhereTheAnnouncedMechanismIsNotThere) {
  ScriptedServer server(
      {{send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi"), expect("AUTHENTICATE PLAIN"),
        done("BAD unknown"), expect("LOGIN"), done("OK [CAPABILITY IMAP4rev1] in")}});

  EXPECT_TRUE(log_in_at(server, TlsMode::None));
}

TEST(ImapLogin, TriesAWrongPasswordOnlyOnce) {
  ScriptedServer server({{send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi"),
                          expect("AUTHENTICATE PLAIN"), done("NO wrong"), expect("nothing more")}});

  ASSERT_FALSE(log_in_at(server, TlsMode::None));

  server.stop();
  EXPECT_EQ(server.lines().size(), 1U);
}

TEST(ImapLogin, DoesNotRepeatAPasswordThatTheServerSentBack) {
  ScriptedServer server({answers_login("NO you said secret")});

  const auto connection = log_in_at(server, TlsMode::None);

  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().text.find("secret"), std::string::npos) << connection.error().text;
}

TEST(ImapLogin, SendsPasswordsOfAnyBytesAsLiterals) {
  ScriptedServer server({{send("* OK [CAPABILITY IMAP4rev1] hi"), expect("LOGIN \"anna\" {8}"),
                          send("+ yes"), test::expect_bytes("p\r\n\xc3\xa4 \"x\r\n"), send("x")}});
  Server where = server_at(server.port());
  where.credentials.password = net::Secret(std::string("p\r\n\xc3\xa4 \"x"));

  ASSERT_FALSE(log_in(where, {}, {}, {}));

  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(ImapLogin, UsesTagsThatCannotBeGuessed) {
  std::set<std::string> tags;
  for (int i = 0; i < 100; ++i) tags.insert(make_tag());

  EXPECT_EQ(tags.size(), 100U);
  EXPECT_GE(tags.begin()->size(), 12U);
}

}  // namespace
}  // namespace mailkeep::fetcher::imap
