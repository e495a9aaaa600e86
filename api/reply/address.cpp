// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/address.h"

#include <algorithm>

#include "api/reply/compose.h"
#include "common/printable.h"

namespace mailkeep::reply {
namespace {

constexpr std::size_t kMaxAddress = 320;  // RFC 3696 errata: 64 + 1 + 255
constexpr std::size_t kMaxDomain = 255;
constexpr std::string_view kAtomSpecials = "!#$%&'*+-/=?^_`{|}~.";  // RFC 5322 §3.2.3, and the dot

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// printable() changes exactly what could break a line or hide something: controls, C1, U+2028,
// bidirectional overrides.
bool is_clean(std::string_view text) { return common::printable(text) == text; }

bool is_dot_atom(std::string_view local) {
  return !local.empty() && std::all_of(local.begin(), local.end(), [](char c) {
    return is_alnum(c) || is_high(c) || kAtomSpecials.find(c) != std::string_view::npos;
  });
}

// A quoted local part without escapes, blanks and angle brackets: what cannot be misread.
bool is_plain_quoted(std::string_view local) {
  if (local.size() < 3 || local.front() != '"' || local.back() != '"') return false;
  local = local.substr(1, local.size() - 2);
  return std::all_of(local.begin(), local.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"\\<>").find(c) == std::string_view::npos;
  });
}

bool is_literal(std::string_view domain) {
  if (domain.size() < 4 || domain.front() != '[' || domain.back() != ']') return false;
  domain = domain.substr(1, domain.size() - 2);
  return std::all_of(domain.begin(), domain.end(),
                     [](char c) { return is_alnum(c) || c == '.' || c == ':' || c == '-'; });
}

bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kMaxDomain) return false;
  if (is_literal(domain)) return true;
  char before = '.';
  for (const char c : domain) {
    const bool is_label = is_alnum(c) || is_high(c) || c == '-' || c == '_';
    if (!is_label && c != '.') return false;
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return before != '.' && domain.front() != '-';
}

// "mail.example.org" belongs to "example.org".
bool is_host_of(std::string_view host, std::string_view domain) {
  const std::string low_host = folded(host);
  const std::string low_domain = folded(domain);
  return low_host == low_domain || low_host.ends_with("." + low_domain);
}

std::string own_among_recipients(const std::string& user, const std::string& host,
                                 const message::ParsedMessage& original) {
  std::string found;
  for (const auto* list : {&original.to, &original.cc, &original.bcc}) {
    for (const message::Address& one : *list) {
      if (!is_address(one.address) || folded(local_part_of(one.address)) != folded(user)) continue;
      if (is_host_of(host, domain_of(one.address))) return one.address;
      if (found.empty()) found = one.address;
    }
  }
  return found;
}

}  // namespace

std::string_view local_part_of(std::string_view address) {
  return address.substr(0, address.rfind('@'));
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool is_ascii(std::string_view text) { return std::none_of(text.begin(), text.end(), is_high); }

std::string folded(std::string_view address) {
  std::string out(address);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_among(std::string_view address, const std::vector<std::string>& list) {
  const std::string wanted = folded(address);
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& one) { return folded(one) == wanted; });
}

bool is_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > kMaxAddress) return false;
  const std::string_view local = text.substr(0, at);
  // Some readers decode encoded words wherever they stand: they would see another address.
  if (text.find("=?") != std::string_view::npos) return false;
  return (is_dot_atom(local) || is_plain_quoted(local)) && is_domain(text.substr(at + 1)) &&
         is_clean(text);
}

Sender sender_of(const std::string& address, const std::string& user, const std::string& host,
                 const message::ParsedMessage& original) {
  Sender sender;
  const auto add = [&](const std::string& own) {
    if (!is_address(own)) return;
    if (sender.address.empty()) sender.address = own;
    if (!is_among(own, sender.own_addresses)) sender.own_addresses.push_back(own);
  };
  add(address);
  add(user);
  if (sender.address.empty()) add(own_among_recipients(user, host, original));
  add(user + "@" + (host.find(':') == std::string::npos ? host : "[IPv6:" + host + "]"));
  return sender;
}

}  // namespace mailkeep::reply
