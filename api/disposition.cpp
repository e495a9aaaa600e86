// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "api/conditional.h"
#include "common/printable.h"

namespace mailkeep::api {

namespace {

constexpr std::size_t kMaxNameBytes = 180;  // with an encoding of three for one still a short line

// The bytes of the character that begins the text, which is valid UTF-8.
std::size_t length_of_first(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1U : lead < 0xe0 ? 2U : lead < 0xf0 ? 3U : 4U;
  return std::min(length, text.size());
}

// What can turn the line around, break it, or hide: controls, the marks and overrides of
// bidirectional text, line and paragraph separators, the byte order mark.
bool is_treacherous(std::string_view character) {
  if (character.size() == 1) {
    return static_cast<unsigned char>(character[0]) < 0x20 || character[0] == 0x7f;
  }
  if (character.size() == 2) {
    return (character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0) ||
           character == "\xd8\x9c";
  }
  return character == "\xe2\x80\x8e" || character == "\xe2\x80\x8f" ||
         (character >= "\xe2\x80\xa8" && character <= "\xe2\x80\xae") ||
         (character >= "\xe2\x81\xa6" && character <= "\xe2\x81\xa9") ||
         character == "\xef\xbb\xbf";
}

bool is_reserved(char c) {
  return std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
}

std::string safe_name(std::string_view name) {
  const std::string text = common::to_utf8_lossy(name.substr(0, 4 * kMaxNameBytes));
  std::string safe;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = rest.substr(0, length_of_first(rest));
    rest.remove_prefix(character.size());
    if (is_treacherous(character)) continue;
    if (safe.size() + character.size() > kMaxNameBytes) break;
    if (is_reserved(character[0])) {
      safe += '_';
    } else if (!(safe.empty() && (character == "." || character == " "))) {
      safe += character;  // a leading dot would hide the file
    }
  }
  while (!safe.empty() && (safe.back() == '.' || safe.back() == ' ')) safe.pop_back();
  return safe.empty() ? "download" : safe;
}

std::string ascii_name(std::string_view name) {
  std::string ascii;
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t length = length_of_first(rest);
    // A percent sign, because some clients decode escapes where none are meant.
    ascii += length == 1 && rest.front() != '%' ? rest.front() : '_';
    rest.remove_prefix(length);
  }
  return ascii;
}

// RFC 8187 §3.2.1: attr-char stays, the rest is escaped.
std::string extended_value(std::string_view name) {
  std::string value;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
    if (is_plain) {
      value += c;
    } else {
      value += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return value;
}

}  // namespace

std::string content_disposition(std::string_view kind, std::string_view name) {
  const std::string safe = safe_name(name);
  const std::string ascii = ascii_name(safe);
  std::string value = fmt::format("{}; filename=\"{}\"", kind, ascii);
  if (ascii != safe) value += "; filename*=UTF-8''" + extended_value(safe);
  return value;
}

}  // namespace mailkeep::api
