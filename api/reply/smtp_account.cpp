// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/smtp_account.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "api/reply/address.h"
#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::reply {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

constexpr std::uint16_t kImplicitPort = 465;
constexpr std::uint16_t kSubmissionPort = 587;

tl::unexpected<common::Error> bad_url(std::string_view url) {
  return fail(ErrorKind::Config, "'{}' is no SMTP URL; write it as smtps://host[:port]",
              common::printable(url));
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

// "host", "host:port", "[::1]:port"
bool read_host(std::string_view text, SmtpAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    address.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (address.host.empty() || common::printable(address.host) != address.host ||
      address.host.find_first_of(" /\\@?#") != std::string::npos)
    return false;
  return port.empty() || (port.front() == ':' && read_port(port.substr(1), address.port));
}

// What providers say they allow (Gmail: 500 a day; Workspace more, which only a setting can know).
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 2> kKnownBudgets = {{
    {"smtp.gmail.com", 500},
    {"smtp.googlemail.com", 500},
}};

}  // namespace

Result<SmtpAddress> parse_smtp_url(std::string_view url, store::TlsMode account_tls) {
  SmtpAddress address;
  std::string_view rest = url;
  if (rest.starts_with("smtps://")) {
    rest.remove_prefix(8);
    address.port = kImplicitPort;
  } else if (rest.starts_with("smtp://")) {
    rest.remove_prefix(7);
    address.port = kSubmissionPort;
    const bool is_plain = account_tls == store::TlsMode::None;
    address.tls = is_plain ? store::TlsMode::None : store::TlsMode::Starttls;
  } else {
    return bad_url(url);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const auto user = common::percent_decode(rest.substr(0, at));
    if (!user || user->empty() || !net::fits_in_a_line(*user)) return bad_url(url);
    address.user = *user;
    rest.remove_prefix(at + 1);
  }
  if (!read_host(rest, address)) return bad_url(url);
  return address;
}

Result<SmtpServer> smtp_server(store::Archive& archive, const store::Account& account,
                               const SmtpPatience& patience) {
  const store::AccountSettings& settings = account.settings;
  if (settings.smtp_url.empty())
    return fail(ErrorKind::Config, "the account {} has no SMTP server: give it one with --smtp",
                common::printable(settings.name));
  MAILKEEP_TRY(address, parse_smtp_url(settings.smtp_url, settings.tls));
  if (address.user.empty()) address.user = settings.smtp_user;
  const bool is_other = !address.user.empty() && address.user != settings.user;
  if (is_other && !account.has_smtp_password)
    return fail(ErrorKind::Config,
                "the SMTP user of the account {} is another than that of the mailbox and has no "
                "password: set it first",
                common::printable(settings.name));
  store::Accounts accounts(archive);
  MAILKEEP_TRY(password, account.has_smtp_password ? accounts.smtp_password(account.id)
                                                   : accounts.password(account.id));
  SmtpServer server;
  server.endpoint = {address.host, address.port};
  server.tls = address.tls;
  server.ca_file = settings.ca_file;
  server.credentials = {address.user.empty() ? settings.user : address.user,
                        net::Secret(std::move(password))};
  server.patience = patience;
  return server;
}

std::optional<std::uint64_t> daily_budget(const store::AccountSettings& settings) {
  if (settings.send_budget) return *settings.send_budget;
  const auto address = parse_smtp_url(settings.smtp_url, settings.tls);
  if (!address) return std::nullopt;
  for (const auto& [host, budget] : kKnownBudgets)
    if (folded(address->host) == host) return budget;
  return std::nullopt;
}

common::Micros budget_allows(std::uint64_t budget, const std::vector<store::SentCount>& sent,
                             std::uint64_t wanted, common::Micros now) {
  std::uint64_t used = 0;
  for (const store::SentCount& one : sent) used += one.recipients;
  common::Micros when = now;
  for (const store::SentCount& one : sent) {  // the oldest leaves the window first
    if (used + wanted <= budget) break;
    used -= one.recipients;
    when = std::max(when, one.time + kBudgetWindow + 1);
  }
  return when;
}

}  // namespace mailkeep::reply
