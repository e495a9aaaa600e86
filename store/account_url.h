// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Addresses of mail servers: imaps://user@host[:port] (RFC 3986 form, RFC 8314 ports).
//
// imap:// and pop3:// require STARTTLS (STLS); imaps:// and pop3s:// are TLS from the first byte;
// only the words "--tls none" permit a plain connection.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "store/accounts.h"

namespace mailkeep::store {

struct ServerAddress {
  Protocol protocol = Protocol::Imap;
  TlsMode tls = TlsMode::Implicit;
  std::string user;  // percent-decoded
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
};

// tls: the word given with --tls, or empty. Errors: Usage.
common::Result<ServerAddress> parse_server_address(std::string_view url, std::string_view tls);

// "imaps://user@host:993", for people.
std::string describe(const AccountSettings& settings);

}  // namespace mailkeep::store
