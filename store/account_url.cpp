// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/account_url.h"

#include <array>
#include <charconv>
#include <system_error>

#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;

struct Scheme {
  std::string_view name;
  Protocol protocol;
  TlsMode tls;
  std::uint16_t port;
};

constexpr std::array<Scheme, 4> kSchemes = {{
    {"imaps", Protocol::Imap, TlsMode::Implicit, 993},
    {"imap", Protocol::Imap, TlsMode::Starttls, 143},
    {"pop3s", Protocol::Pop3, TlsMode::Implicit, 995},
    {"pop3", Protocol::Pop3, TlsMode::Starttls, 110},
}};

constexpr std::string_view kForm = "write it as imaps://user@host or pop3s://user@host[:port]";

common::Result<TlsMode> tls_mode(const Scheme& scheme, std::string_view word) {
  if (word.empty() || word == name_of(scheme.tls)) return scheme.tls;
  if (word == "none" && scheme.tls == TlsMode::Starttls) return TlsMode::None;
  if (word != "implicit" && word != "starttls" && word != "none")
    return fail(ErrorKind::Usage, "--tls takes implicit, starttls or none, not '{}'",
                common::printable(word));
  return fail(ErrorKind::Usage, "--tls {} contradicts {}://; {}", word, scheme.name,
              scheme.tls == TlsMode::Implicit ? "use the scheme without the s, or leave --tls away"
                                              : "use the scheme with an s for implicit TLS");
}

common::Result<std::uint16_t> port_number(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535)
    return fail(ErrorKind::Usage, "'{}' is no port; give a number from 1 to 65535",
                common::printable(text));
  return static_cast<std::uint16_t>(port);
}

// "host", "host:port", "[::1]:port"
common::Status take_host(ServerAddress& address, std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos)
      return fail(ErrorKind::Usage, "the address '[' in the URL has no ']'");
    address.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (!text.empty() && !text.starts_with(':'))
      return fail(ErrorKind::Usage, "only a port may follow the host; {}", kForm);
    port = text.empty() ? text : text.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    if (colon != std::string_view::npos && port.empty())
      return fail(ErrorKind::Usage, "the URL ends with ':' but names no port");
  }
  if (address.host.empty() || address.host.find_first_of(" \t\r\n/\\") != std::string::npos)
    return fail(ErrorKind::Usage, "the URL names no host; {}", kForm);
  if (port.empty()) return {};
  MAILKEEP_TRY(given, port_number(port));
  address.port = given;
  return {};
}

common::Status take_user(ServerAddress& address, std::string_view text) {
  if (text.find(':') != std::string_view::npos)
    return fail(ErrorKind::Usage,
                "a password does not belong in the URL; use --password-file or --password-stdin");
  const auto user = common::percent_decode(text);
  if (!user || user->empty() ||
      user->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return fail(ErrorKind::Usage, "the URL's user name cannot be used; {}", kForm);
  if (!common::is_valid_utf8(*user))
    return fail(ErrorKind::Usage, "the URL's user name is not UTF-8");
  address.user = *user;
  return {};
}

}  // namespace

common::Result<ServerAddress> parse_server_address(std::string_view url, std::string_view tls) {
  const std::size_t colon = url.find("://");
  const std::string_view name = url.substr(0, colon == std::string_view::npos ? 0 : colon);
  for (const Scheme& scheme : kSchemes) {
    if (scheme.name != name) continue;
    ServerAddress address;
    address.protocol = scheme.protocol;
    address.port = scheme.port;
    MAILKEEP_TRY(mode, tls_mode(scheme, tls));
    address.tls = mode;
    std::string_view rest = url.substr(colon + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t at = rest.rfind('@');  // a user name may be an address itself
    if (at == std::string_view::npos)
      return fail(ErrorKind::Usage, "the URL names no user; {}", kForm);
    MAILKEEP_CHECKED(take_user(address, rest.substr(0, at)));
    MAILKEEP_CHECKED(take_host(address, rest.substr(at + 1)));
    return address;
  }
  return fail(ErrorKind::Usage, "'{}' is no mail server's URL; {}", common::printable(url), kForm);
}

std::string describe(const AccountSettings& settings) {
  if (settings.protocol == Protocol::Import) return "import";
  const bool is_implicit = settings.tls == TlsMode::Implicit;
  const bool is_ipv6 = settings.host.find(':') != std::string::npos;
  return fmt::format("{}{}://{}@{}{}{}:{}{}", name_of(settings.protocol), is_implicit ? "s" : "",
                     common::printable(settings.user), is_ipv6 ? "[" : "", settings.host,
                     is_ipv6 ? "]" : "", settings.port,
                     settings.tls == TlsMode::None ? " (plain)" : "");
}

}  // namespace mailkeep::store
