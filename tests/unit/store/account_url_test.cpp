// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/account_url.h"

#include <gtest/gtest.h>

namespace mailkeep::store {
namespace {

struct GoodUrl {
  const char* url;
  const char* tls;
  Protocol protocol;
  TlsMode mode;
  const char* user;
  const char* host;
  int port;
};

TEST(ServerAddress, TakesTheFormsThatPeopleWrite) {
  const GoodUrl cases[] = {
      {"imaps://anna@mail.example.com", "", Protocol::Imap, TlsMode::Implicit, "anna",
       "mail.example.com", 993},
      {"imap://anna@mail.example.com", "", Protocol::Imap, TlsMode::Starttls, "anna",
       "mail.example.com", 143},
      {"pop3s://anna@h/", "implicit", Protocol::Pop3, TlsMode::Implicit, "anna", "h", 995},
      {"pop3://anna@h", "starttls", Protocol::Pop3, TlsMode::Starttls, "anna", "h", 110},
      {"pop3://anna@h:1110", "none", Protocol::Pop3, TlsMode::None, "anna", "h", 1110},
      {"imaps://anna%40example.com@h", "", Protocol::Imap, TlsMode::Implicit, "anna@example.com",
       "h", 993},
      {"imaps://anna@example.com@h", "", Protocol::Imap, TlsMode::Implicit, "anna@example.com", "h",
       993},
      {"imaps://EXCH%5Canna@[::1]:1993", "", Protocol::Imap, TlsMode::Implicit, "EXCH\\anna", "::1",
       1993},
  };
  for (const GoodUrl& good : cases) {
    const auto address = parse_server_address(good.url, good.tls);
    ASSERT_TRUE(address) << good.url << ": " << address.error().text;
    EXPECT_EQ(address->protocol, good.protocol) << good.url;
    EXPECT_EQ(address->tls, good.mode) << good.url;
    EXPECT_EQ(address->user, good.user) << good.url;
    EXPECT_EQ(address->host, good.host) << good.url;
    EXPECT_EQ(address->port, good.port) << good.url;
  }
}

TEST(ServerAddress, RefusesWhatIsWrongOrWeakensTls) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://anna@h", ""},
      {"imaps://h", ""},
      {"imaps://anna:secret@h", ""},
      {"imaps://anna@h", "none"},
      {"imaps://anna@h", "starttls"},
      {"imap://anna@h", "implicit"},
      {"imaps://anna@h:0", ""},
      {"imaps://anna@h:70000", ""},
      {"imaps://anna@h:", ""},
      {"imaps://anna@", ""},
      {"imaps://@h", ""},
      {"imaps://a%0d%0ab@h", ""},
      {"imaps://anna@[::1", ""},
      {"imaps://an%4@h", ""},
      {"imap://anna@h", "weak"},
  };
  for (const auto& [url, tls] : cases) {
    const auto address = parse_server_address(url, tls);
    ASSERT_FALSE(address) << url << " " << tls;
    EXPECT_EQ(address.error().kind, common::ErrorKind::Usage);
    EXPECT_EQ(address.error().text.find("secret"), std::string::npos) << "a password was printed";
  }
}

}  // namespace
}  // namespace mailkeep::store
