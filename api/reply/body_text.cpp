// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/body_text.h"

#include <algorithm>

#include "common/printable.h"

namespace mailkeep::reply {
namespace {

constexpr std::size_t kLine = 76;  // RFC 2045 §6.7 (5)

template <class Visit>
void each_line(std::string_view text, const Visit& visit) {
  for (;;) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

bool is_plain(char c) { return (c >= ' ' && c < 0x7f) || c == '\t'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Whether the line arrives as it is however it travels.
bool is_seven_bit(std::string_view line) {
  if (line.size() > kLine || (!line.empty() && is_blank(line.back()))) return false;
  return std::all_of(line.begin(), line.end(), is_plain);
}

void put_quoted_printable(std::string& out, std::string_view line) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool is_last = i + 1 == line.size();
    const bool is_bare = is_plain(c) && c != '=' && !(is_last && is_blank(c));
    const std::size_t length = is_bare ? 1 : 3;
    if (column + length > kLine - 1) {  // one place is for the soft break
      out += "=\r\n";
      column = 0;
    }
    if (is_bare) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('=');
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 0x0FU]);
    }
    column += length;
  }
}

}  // namespace

std::string with_plain_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out.push_back(text[i]);
      continue;
    }
    out.push_back('\n');
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  while (!out.empty() && (out.back() == '\n' || is_blank(out.back()))) out.pop_back();
  return out;
}

std::string quoted_lines(std::string_view text, std::size_t max_bytes) {
  std::string plain = with_plain_lines(common::to_utf8_lossy(text));
  std::replace(plain.begin(), plain.end(), '\0', ' ');
  const bool is_cut = plain.size() > max_bytes;
  if (is_cut) {
    std::size_t length = max_bytes;
    while (length > 0 && (static_cast<unsigned char>(plain[length]) & 0xC0U) == 0x80U) --length;
    plain.resize(length);
  }
  std::string out;
  each_line(plain, [&out](std::string_view line) {
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (!out.empty()) out.push_back('\n');
    out += line.empty() || line.front() == '>' ? ">" : "> ";
    out += line;
  });
  if (is_cut) out += "\n> [...]";
  return out;
}

EncodedText encode_text(std::string_view text) {
  bool is_plain_text = true;
  each_line(text,
            [&](std::string_view line) { is_plain_text = is_plain_text && is_seven_bit(line); });
  EncodedText encoded{is_plain_text ? "7bit" : "quoted-printable", {}};
  encoded.bytes.reserve(text.size() + text.size() / 8 + 2);
  each_line(text, [&](std::string_view line) {
    if (is_plain_text)
      encoded.bytes += line;
    else
      put_quoted_printable(encoded.bytes, line);
    encoded.bytes += "\r\n";
  });
  return encoded;
}

}  // namespace mailkeep::reply
