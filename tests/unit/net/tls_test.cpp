// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "net/stream.h"
#include "tests/support/scripted_server.h"
#include "tests/support/test_certificates.h"

namespace mailkeep::net {
namespace {

using common::ErrorKind;
using namespace std::chrono_literals;
using test::expect;
using test::IdentityWish;
using test::make_identity;
using test::PemFile;
using test::raw;
using test::ScriptedServer;
using test::send;
using test::server_context;
using test::Slicing;
using test::stall;
using test::start_tls;
using test::TestIdentity;

TestIdentity authority() {
  IdentityWish wish;
  wish.is_authority = true;
  return make_identity(wish);
}

struct Attempt {
  const char* name;
  IdentityWish wish;
  bool is_signed_by_known_authority;
  const char* host;
  const char* expected;  // part of the error; empty: success
};

std::ostream& operator<<(std::ostream& out, const Attempt& attempt) { return out << attempt.name; }

class TlsCertificate : public testing::TestWithParam<Attempt> {};

IdentityWish valid(const char* names, long from = -3600, long until = 3600) {
  IdentityWish wish;
  wish.names = names;
  wish.from_seconds = from;
  wish.until_seconds = until;
  return wish;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TlsCertificate,
    testing::Values(
        Attempt{"name", valid("DNS:localhost"), true, "localhost", ""},
        Attempt{"address", valid("IP:127.0.0.1"), true, "127.0.0.1", ""},
        Attempt{"expired", valid("DNS:localhost", -7200, -3600), true, "localhost", "has expired"},
        Attempt{"future", valid("DNS:localhost", 3600, 7200), true, "localhost", "not valid yet"},
        Attempt{"other_host", valid("DNS:mail.example.org"), true, "localhost",
                "another host name"},
        Attempt{"other_address", valid("IP:127.0.0.2"), true, "127.0.0.1", "another host name"},
        Attempt{"name_for_address", valid("DNS:localhost"), true, "127.0.0.1", "another host name"},
        Attempt{"common_name_only", valid(""), true, "localhost", "another host name"},
        Attempt{"partial_wildcard", valid("DNS:local*"), true, "localhost", "another host name"},
        Attempt{"self_signed", valid("DNS:localhost"), false, "localhost", "self-signed"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST_P(TlsCertificate, IsTrustedOnlyIfEverythingFits) {
  const Attempt& attempt = GetParam();
  const TestIdentity root = authority();
  IdentityWish wish = attempt.wish;
  if (attempt.is_signed_by_known_authority) wish.issuer = &root;
  const auto context = server_context(make_identity(wish));
  const PemFile ca(root);
  ScriptedServer server({{start_tls(), expect("hello"), send("welcome")}}, Slicing::Whole,
                        context.get());
  auto stream = ByteStream::connect({attempt.host, server.port()}, {}, {});
  ASSERT_TRUE(stream) << stream.error().text;

  const auto status = (*stream)->start_tls(ca.path());

  if (*attempt.expected != '\0') {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Tls);
    EXPECT_NE(status.error().text.find(attempt.expected), std::string::npos) << status.error().text;
    return;
  }
  ASSERT_TRUE(status) << status.error().text;
  ASSERT_TRUE((*stream)->write("hello\r\n"));
  EXPECT_EQ(*(*stream)->read_line(100), "welcome");
  EXPECT_TRUE((*stream)->is_encrypted());
}

TEST(Tls, NamesTheAuthorityThatNobodyKnows) {
  const TestIdentity root = authority();
  const TestIdentity other = authority();
  IdentityWish wish;
  wish.issuer = &other;
  const auto context = server_context(make_identity(wish));
  const PemFile ca(root);
  ScriptedServer server({{start_tls()}}, Slicing::Whole, context.get());
  auto stream = ByteStream::connect({"localhost", server.port()}, {}, {});
  ASSERT_TRUE(stream);

  const auto status = (*stream)->start_tls(ca.path());

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Tls);
  EXPECT_NE(status.error().text.find("unknown authority"), std::string::npos)
      << status.error().text;
}

TEST(Tls, RefusesBytesThatCameBeforeTheHandshake) {
  const TestIdentity root = authority();
  const PemFile ca(root);
  for (const char* injected : {"OK go\r\n* INJECTED\r\n", "OK go\r\nx"}) {
    ScriptedServer server({{raw(injected), stall()}});
    auto stream = ByteStream::connect({"127.0.0.1", server.port()}, {}, {});
    ASSERT_TRUE(stream);
    ASSERT_EQ(*(*stream)->read_line(100), "OK go");

    const auto status = (*stream)->start_tls(ca.path());

    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Tls);
    EXPECT_NE(status.error().text.find("before TLS"), std::string::npos) << status.error().text;
  }
}

TEST(Tls, TakesAnEndWithoutCloseNotifyForACut) {
  const TestIdentity root = authority();
  IdentityWish wish;
  wish.issuer = &root;
  const auto context = server_context(make_identity(wish));
  const PemFile ca(root);
  ScriptedServer server({{start_tls(), raw("half")}}, Slicing::Whole, context.get());
  auto stream = ByteStream::connect({"localhost", server.port()}, {}, {});
  ASSERT_TRUE(stream);
  ASSERT_TRUE((*stream)->start_tls(ca.path()));

  const auto line = (*stream)->read_line(100);

  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().kind, ErrorKind::Network);
  EXPECT_NE(line.error().text.find("cut"), std::string::npos) << line.error().text;
}

TEST(Tls, EndsAHandshakeThatHangs) {
  ScriptedServer server({{stall()}});
  Patience patience;
  patience.tls = 100ms;
  auto stream = ByteStream::connect({"127.0.0.1", server.port()}, patience, {});
  ASSERT_TRUE(stream);

  const auto status = (*stream)->start_tls("");

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Timeout);
}

TEST(Tls, SaysWhenTheOtherSideDoesNotSpeakIt) {
  ScriptedServer server({{test::expect_bytes("\x16"), raw("* OK plain IMAP here\r\n"), stall()}});
  auto stream = ByteStream::connect({"127.0.0.1", server.port()}, {}, {});
  ASSERT_TRUE(stream);

  const auto status = (*stream)->start_tls("");

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Tls);
  EXPECT_NE(status.error().text.find("does not speak TLS"), std::string::npos);
}

TEST(Tls, NamesAnAuthorityFileThatCannotBeRead) {
  ScriptedServer server({{stall()}});
  auto stream = ByteStream::connect({"127.0.0.1", server.port()}, {}, {});
  ASSERT_TRUE(stream);

  const auto status = (*stream)->start_tls("/nonexistent/ca.pem");

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::Config);
}

}  // namespace
}  // namespace mailkeep::net
