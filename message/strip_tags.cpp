// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "message/html_text.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kLongestReference = 10;

std::uint32_t named_reference(std::string_view name) {
  constexpr std::pair<std::string_view, std::uint32_t> kNames[] = {
      {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},
      {"apos", '\''},    {"nbsp", ' '},     {"auml", 0xe4},    {"ouml", 0xf6},
      {"uuml", 0xfc},    {"Auml", 0xc4},    {"Ouml", 0xd6},    {"Uuml", 0xdc},
      {"szlig", 0xdf},   {"eacute", 0xe9},  {"egrave", 0xe8},  {"agrave", 0xe0},
      {"ccedil", 0xe7},  {"copy", 0xa9},    {"euro", 0x20ac},  {"ndash", 0x2013},
      {"mdash", 0x2014}, {"rsquo", 0x2019}, {"lsquo", 0x2018}, {"hellip", 0x2026},
  };
  for (const auto& [known, code_point] : kNames)
    if (name == known) return code_point;
  return 0;
}

std::uint32_t numeric_reference(std::string_view digits) {
  const bool is_hex = !digits.empty() && (digits.front() == 'x' || digits.front() == 'X');
  if (is_hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0 || (!is_hex && digit > 9)) return 0;
    value = value * (is_hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
    if (value > 0x10ffff) return 0;
  }
  return value;
}

// Reads one "&...;" at the start of `rest`; the bytes it took, 0 if it is none.
std::size_t read_reference(std::string_view rest, std::string& out) {
  const std::size_t end = rest.substr(0, kLongestReference).find(';');
  if (end == std::string_view::npos || end < 2) return 0;
  const std::string_view name = rest.substr(1, end - 1);
  const std::uint32_t code_point =
      name.front() == '#' ? numeric_reference(name.substr(1)) : named_reference(name);
  if (code_point == 0) return 0;
  append_utf8(out, code_point);
  return end + 1;
}

// The end of a script or style element, or of what looks like a tag.
std::size_t end_of_tag(std::string_view html, std::size_t at) {
  if (html.substr(at, 4) == "<!--") {
    const std::size_t end = html.find("-->", at + 4);
    return end == std::string_view::npos ? html.size() : end + 3;
  }
  for (const std::string_view name : {"script", "style"}) {
    if (lower_ascii(html.substr(at + 1, name.size())) != name) continue;
    std::size_t end = at;
    do {
      end = html.find("</", end + 2);
    } while (end != std::string_view::npos &&
             lower_ascii(html.substr(end + 2, name.size())) != name);
    at = std::min(end, html.size());
  }
  const std::size_t end = html.find('>', at);
  return end == std::string_view::npos ? html.size() : end + 1;
}

bool begins_tag(std::string_view html, std::size_t at) {
  const char next = at + 1 < html.size() ? html[at + 1] : '\0';
  return is_letter(next) || next == '/' || next == '!' || next == '?';
}

}  // namespace

std::string strip_tags(std::string_view html) {
  std::string text;
  text.reserve(html.size() / 2);
  for (std::size_t at = 0; at < html.size();) {
    std::size_t taken = 0;
    if (html[at] == '<' && begins_tag(html, at)) {
      taken = end_of_tag(html, at) - at;
      text.push_back('\n');
    } else if (html[at] == '&') {
      taken = read_reference(html.substr(at), text);
    }
    if (taken == 0) {
      text.push_back(html[at]);
      taken = 1;
    }
    at += taken;
  }
  return text;
}

}  // namespace mailkeep::message
