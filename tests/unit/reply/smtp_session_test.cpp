// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/smtp_session.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/scripted_server.h"
#include "tests/support/test_certificates.h"

namespace mailkeep::reply {
namespace {

using common::ErrorKind;
using store::TlsMode;
using test::expect;
using test::expect_bytes;
using test::raw;
using test::Script;
using test::ScriptedServer;
using test::send;
using test::Slicing;
using test::stall;
using test::start_tls;
using namespace std::chrono_literals;

SmtpServer server_at(std::uint16_t port, TlsMode tls = TlsMode::None) {
  SmtpServer server;
  server.endpoint = {"127.0.0.1", port};
  server.tls = tls;
  server.credentials.user = "anna";
  server.credentials.password = net::Secret(std::string("secret"));
  return server;
}

Script hello(const std::string& lines = "250-AUTH PLAIN LOGIN\r\n250 SIZE 1000") {
  return {send("220 mail.example.org ESMTP"), expect("EHLO [127.0.0.1]"),
          raw("250-mail.example.org\r\n" + lines + "\r\n")};
}

Script logged_in(const std::string& lines = "250-AUTH PLAIN LOGIN\r\n250 SIZE 1000") {
  return hello(lines) + Script{expect("AUTH PLAIN AGFubmEAc2VjcmV0"), send("235 2.7.0 in")};
}

common::Error refusal(const Script& script, TlsMode tls = TlsMode::None,
                      const SmtpPatience& patience = {}) {
  ScriptedServer server({script});
  SmtpServer at = server_at(server.port(), tls);
  at.patience = patience;
  const auto session = SmtpSession::open(at, {});
  server.stop();
  EXPECT_FALSE(session);
  EXPECT_EQ(server.count("MAIL"), 0U);
  return session ? common::Error{} : session.error();
}

class SmtpSessionSliced : public testing::TestWithParam<Slicing> {};
INSTANTIATE_TEST_SUITE_P(Slicing, SmtpSessionSliced,
                         testing::Values(Slicing::Whole, Slicing::OneByte));

TEST_P(SmtpSessionSliced, HandsOverAMessageWithItsDotsDoubled) {
  const std::string bytes = "a: b\r\n\r\n.c\r\n..\r\n";
  ScriptedServer server(
      {logged_in() +
       Script{expect("MAIL FROM:<anna@example.org> SIZE=16"), send("250 2.1.0 ok"),
              expect("RCPT TO:<bob@x.example>"), raw("250-2.1.5 many\r\n250-lines\r\n250 here\r\n"),
              expect("RCPT TO:<eve@x.example>"), send("550 5.1.1 nobody"), expect("DATA"),
              send("354 go"), expect_bytes("a: b\r\n\r\n..c\r\n...\r\n.\r\n"),
              send("250 2.0.0 queued as 1A2B"), expect("QUIT"), send("221 bye")}},
      GetParam());
  const SmtpServer at = server_at(server.port());
  const auto opened = SmtpSession::open(at, {});
  ASSERT_TRUE(opened) << opened.error().text;
  SmtpSession& session = **opened;
  ASSERT_EQ(bytes.size(), 16U);
  EXPECT_TRUE(session.mail("anna@example.org", bytes, false)->is_ok());
  const auto bob = session.recipient("bob@x.example");
  ASSERT_TRUE(bob);
  EXPECT_EQ(bob->shown(), "250 2.1.5 many / lines / here");
  EXPECT_EQ(session.recipient("eve@x.example")->code, 550U);
  EXPECT_EQ(session.data()->code, 354U);
  ASSERT_TRUE(session.send(bytes));
  EXPECT_EQ(session.read_outcome()->shown(), "250 2.0.0 queued as 1A2B");
  session.quit();
  server.stop();
  EXPECT_TRUE(server.mistakes().empty()) << server.mistakes().front();
}

TEST(SmtpSession, FallsBackToLogin) {
  ScriptedServer server({hello("250 AUTH LOGIN CRAM-MD5") +
                         Script{expect("AUTH LOGIN"), send("334 VXNlcm5hbWU6"), expect("YW5uYQ=="),
                                send("334 UGFzc3dvcmQ6"), expect("c2VjcmV0"), send("235 in")}});
  const SmtpServer at = server_at(server.port());
  EXPECT_TRUE(SmtpSession::open(at, {}));
  ScriptedServer old(
      {hello("250 AUTH=LOGIN PLAIN") + Script{expect("AUTH PLAIN"), send("235 in")}});
  const SmtpServer at_old = server_at(old.port());
  EXPECT_TRUE(SmtpSession::open(at_old, {}));
}

TEST(SmtpSession, SaysWhyItCannotLogIn) {
  EXPECT_EQ(refusal(hello("250 SIZE")).kind, ErrorKind::Auth);
  EXPECT_EQ(refusal(hello("250 AUTH CRAM-MD5")).kind, ErrorKind::Auth);
  EXPECT_EQ(refusal(hello() + Script{expect("AUTH"), send("535 5.7.8 no")}).kind, ErrorKind::Auth);
  EXPECT_EQ(refusal(hello() + Script{expect("AUTH"), send("454 4.7.0 later")}).kind,
            ErrorKind::Throttled);
  EXPECT_EQ(refusal(hello() + Script{expect("AUTH"), send("421 going")}).kind,
            ErrorKind::Throttled);
  for (const char* tale :
       {"535 your password secret is wrong", "535 AGFubmEAc2VjcmV0", "535 c2VjcmV0"}) {
    const common::Error error = refusal(hello() + Script{expect("AUTH"), send(tale)});
    EXPECT_EQ(error.text.find("secret"), std::string::npos);
    EXPECT_EQ(error.text.find("c2VjcmV0"), std::string::npos);
  }
}

TEST(SmtpSession, NeverLogsInBeforeTls) {
  const common::Error missing = refusal(hello(), TlsMode::Starttls);
  EXPECT_EQ(missing.kind, ErrorKind::Tls);
  EXPECT_NE(missing.text.find("STARTTLS"), std::string::npos);
  const Script offered = hello("250-STARTTLS\r\n250 AUTH PLAIN");
  EXPECT_EQ(refusal(offered + Script{expect("STARTTLS"), send("502 no")}, TlsMode::Starttls).kind,
            ErrorKind::Tls);
  // What comes in clear together with the consent must not be taken for an answer under TLS.
  const common::Error injected = refusal(
      offered + Script{expect("STARTTLS"), raw("220 go\r\n250 AUTH PLAIN\r\n")}, TlsMode::Starttls);
  EXPECT_EQ(injected.kind, ErrorKind::Tls);
  EXPECT_NE(injected.text.find("before TLS"), std::string::npos);
}

TEST(SmtpSession, RefusesWhatIsNoSmtp) {
  EXPECT_EQ(refusal({send("554 5.7.1 go away")}).kind, ErrorKind::Protocol);
  EXPECT_EQ(refusal({send("421 later")}).kind, ErrorKind::Throttled);
  EXPECT_EQ(refusal({send("SSH-2.0-OpenSSH_9")}).kind, ErrorKind::Protocol);
  EXPECT_EQ(refusal({send("")}).kind, ErrorKind::Protocol);
  EXPECT_EQ(refusal({send("22")}).kind, ErrorKind::Protocol);
  EXPECT_EQ(refusal({send("220ready")}).kind, ErrorKind::Protocol);
  EXPECT_EQ(refusal({raw("220-a\r\n221 b\r\n")}).kind, ErrorKind::Protocol);
  EXPECT_EQ(refusal({raw("220 cut in the mid")}).kind, ErrorKind::Network);
  EXPECT_EQ(refusal({}).kind, ErrorKind::Network);
  EXPECT_EQ(refusal({send("220 " + std::string(2044, 'x')), expect("EHLO"), send("502 no")}).kind,
            ErrorKind::Protocol);
  EXPECT_EQ(refusal({send("220 " + std::string(2045, 'x'))}).kind, ErrorKind::Protocol);
  std::string many;
  for (int i = 0; i < 99; ++i) many += "220-line\r\n";
  EXPECT_EQ(refusal({raw(many + "220 end\r\n"), expect("EHLO"), send("502 no")}).kind,
            ErrorKind::Protocol);
  EXPECT_EQ(refusal({raw(many + "220-line\r\n220 end\r\n")}).kind, ErrorKind::Protocol);
}

TEST(SmtpSession, KeepsAnswersPrintableAndShort) {
  const common::Error error =
      refusal({send("554 \x1b[31m\xe2\x80\xae" + std::string(1500, 'x') + "\xff")});
  EXPECT_EQ(error.text.find('\x1b'), std::string::npos);
  EXPECT_EQ(error.text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_LT(error.text.size(), 600U);
}

TEST(SmtpSession, WaitsOnlySoLong) {
  SmtpPatience patience;
  patience.greeting = 100ms;
  EXPECT_EQ(refusal({stall()}, TlsMode::None, patience).kind, ErrorKind::Timeout);
  patience = {};
  patience.command = 100ms;
  EXPECT_EQ(
      refusal({send("220 hi"), expect("EHLO"), raw("250-a"), stall()}, TlsMode::None, patience)
          .kind,
      ErrorKind::Timeout);
}

TEST(SmtpSession, AsksForTheExtensionsThatAreNeeded) {
  const std::string bytes = "a: b\r\n\r\nc\r\n";
  const auto try_mail = [&](const std::string& offers, std::string_view from,
                            const std::string& given, bool smtputf8) {
    ScriptedServer server({logged_in("250-AUTH PLAIN\r\n" + offers) +
                           Script{expect("MAIL"), send("250 ok"), stall()}});
    const SmtpServer at = server_at(server.port());
    auto session = SmtpSession::open(at, {});
    EXPECT_TRUE(session);
    const auto answer = (*session)->mail(from, given, smtputf8);
    session->reset();
    server.stop();
    return answer ? server.lines().back() : std::string(common::name_of(answer.error().kind));
  };
  EXPECT_EQ(try_mail("250 SMTPUTF8", "a@x.example", bytes, true),
            "MAIL FROM:<a@x.example> SMTPUTF8");
  EXPECT_EQ(try_mail("250 HELP", "a@x.example", bytes, true), "config");
  EXPECT_EQ(try_mail("250 8BITMIME", "a@x.example", "a: \xc3\xa4\r\n", false),
            "MAIL FROM:<a@x.example> BODY=8BITMIME");
  EXPECT_EQ(try_mail("250 HELP", "a@x.example", "a: \xc3\xa4\r\n", false), "config");
  EXPECT_EQ(try_mail("250 SIZE 10", "a@x.example", bytes, false), "limit");
  EXPECT_EQ(try_mail("250 SIZE 11", "a@x.example", bytes, false),
            "MAIL FROM:<a@x.example> SIZE=11");
  EXPECT_EQ(try_mail("250 SIZE 0", "a@x.example", bytes, false), "MAIL FROM:<a@x.example> SIZE=11");
  EXPECT_EQ(try_mail("250 SIZE", "a@x.example", bytes, false), "MAIL FROM:<a@x.example> SIZE=11");
  EXPECT_EQ(try_mail("250 HELP", "a@x.example", bytes, false), "MAIL FROM:<a@x.example>");
  EXPECT_EQ(try_mail("250 HELP", "a@x>\r\nRCPT TO:<e@x", bytes, false), "malformed");
  EXPECT_EQ(try_mail("250 HELP", "a@x.example", "bare\nline\r\n", false), "malformed");
}

TEST(SmtpSession, EndsAtOnceWhenAskedToStop) {
  ScriptedServer server({{stall()}});
  std::stop_source stop;
  const SmtpServer at = server_at(server.port());
  std::jthread asker([&] {
    while (server.connections() == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto session = SmtpSession::open(at, stop.get_token());
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind, ErrorKind::Cancelled);
}

}  // namespace
}  // namespace mailkeep::reply
