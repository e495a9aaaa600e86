// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/text_tools.h"

#include <algorithm>

#include "common/printable.h"

namespace mailkeep::message {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_word_byte(char c) {
  return is_letter(c) || is_digit(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

}  // namespace

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower_ascii(a) == lower_ascii(b);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto tail = [&](std::uint32_t shift) { put(0x80U | ((c >> shift) & 0x3fU)); };
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    put(0xe0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    put(0xf0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (!is_control(c) && c != ' ')
      line.push_back(c);
    else if (!line.empty() && line.back() != ' ')
      line.push_back(' ');
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return common::is_valid_utf8(line) ? line : common::to_utf8_lossy(line);
}

std::string clean_text(std::string_view text) {
  std::string clean = common::is_valid_utf8(text) ? std::string(text) : common::to_utf8_lossy(text);
  const auto is_noise = [](char c) { return is_control(c) && c != '\n' && c != '\t'; };
  std::replace_if(clean.begin(), clean.end(), is_noise, ' ');
  return clean;
}

std::string words_only(std::string_view text) {
  std::string words(1, ' ');
  words.reserve(text.size() + 2);
  for (const char c : text) {
    if (is_word_byte(c))
      words.push_back(c);
    else if (words.back() != ' ')
      words.push_back(' ');
  }
  if (words.back() != ' ') words.push_back(' ');
  return words;
}

}  // namespace mailkeep::message
