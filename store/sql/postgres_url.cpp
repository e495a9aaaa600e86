// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/postgres_url.h"

#include <algorithm>

#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::store {
namespace {

// 10 s to connect; a line that takes no bytes for 30 s is dead (milliseconds). What the address
// says itself comes later in it and wins.
constexpr std::string_view kDeadlines =
    "connect_timeout=10&tcp_user_timeout=30000&keepalives_idle=30&application_name=mailkeep&"
    "client_encoding=UTF8";

void add_secret(std::vector<std::string>& secrets, std::string_view written) {
  if (written.empty()) return;
  secrets.emplace_back(written);
  if (auto decoded = common::percent_decode(written); decoded && *decoded != written)
    secrets.push_back(std::move(*decoded));
}

}  // namespace

bool PostgresUrl::is_one(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

PostgresUrl PostgresUrl::from(std::string_view url) {
  PostgresUrl result;
  const std::size_t authority = url.find("://") + 3;
  const std::size_t question = std::min(url.find('?', authority), url.size());
  const std::string_view options = url.substr(std::min(question + 1, url.size()));
  const std::string_view place = url.substr(authority, question - authority);

  // An unescaped '@' or '/' in a password is wrong, and hidden nevertheless: the last '@' counts.
  const std::size_t at = place.rfind('@');
  std::string_view user = at == std::string_view::npos ? "" : place.substr(0, at + 1);
  const std::string_view host = at == std::string_view::npos ? place : place.substr(at + 1);
  if (const std::size_t colon = user.find(':'); colon != std::string_view::npos) {
    add_secret(result.secrets, user.substr(colon + 1, user.size() - colon - 2));
    result.shown = std::string(user.substr(0, colon)) + "@";
  } else {
    result.shown = user;
  }
  for (std::size_t from = 0; from < options.size();) {
    const std::size_t to = std::min(options.find('&', from), options.size());
    const std::string_view option = options.substr(from, to - from);
    for (const std::string_view name : {"password=", "sslpassword="})
      if (option.starts_with(name)) add_secret(result.secrets, option.substr(name.size()));
    from = to + 1;
  }
  result.shown = common::printable("postgresql://" + result.shown + std::string(host));
  result.connection = std::string(url.substr(0, question)) + "?" + std::string(kDeadlines);
  if (!options.empty()) result.connection += "&" + std::string(options);
  return result;
}

std::string PostgresUrl::without_secrets(std::string text) const {
  constexpr std::string_view kStruckOut = "***";
  for (const std::string& secret : secrets)
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + kStruckOut.size()))
      text.replace(at, secret.size(), kStruckOut);
  return text;
}

}  // namespace mailkeep::store
