// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/uuencode.h"

#include <cstddef>
#include <optional>

#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxFiles = 1'000;

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  while (!line.empty() && is_space(line.back()) && line.back() != ' ') line.remove_suffix(1);
  return line;
}

// "begin", an octal mode of three or four digits, a name.
std::optional<std::string> name_of_begin(std::string_view line) {
  if (!line.starts_with("begin ")) return std::nullopt;
  line.remove_prefix(6);
  std::size_t digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '7') ++digits;
  if (digits < 3 || digits > 4 || digits >= line.size() || line[digits] != ' ') return std::nullopt;
  return std::string(trim(line.substr(digits)));
}

unsigned value_of(char c) { return (static_cast<unsigned char>(c) - 0x20U) & 0x3fU; }

bool decode_line(std::string_view line, std::string& out) {
  if (line.empty()) return false;
  const std::size_t count = value_of(line.front());
  line.remove_prefix(1);
  // Trailing spaces stand for zero bits and are lost on the way more often than not.
  if (line.size() + 3 < (count * 4 + 2) / 3) return false;
  const std::size_t wanted = out.size() + count;
  for (std::size_t i = 0; out.size() < wanted; i += 4) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 4; ++j)
      bits = (bits << 6U) | (i + j < line.size() ? value_of(line[i + j]) : 0U);
    for (unsigned shift = 16; out.size() < wanted; shift -= 8) {
      out.push_back(static_cast<char>((bits >> shift) & 0xffU));
      if (shift == 0) break;
    }
  }
  return true;
}

// The rest begins after the "begin" line; on success it ends up after the "end" line.
std::optional<std::string> decode_body(std::string_view& rest) {
  std::string bytes;
  std::string_view ahead = rest;
  while (!ahead.empty()) {
    const std::string_view line = next_line(ahead);
    if (line == "end") {
      rest = ahead;
      return bytes;
    }
    if (line.empty() || line == "`" || line == " ") continue;
    if (!decode_line(line, bytes)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<UuFile> extract_uuencoded(std::string& text) {
  std::vector<UuFile> files;
  if (text.find("begin ") == std::string::npos) return files;
  std::string kept;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string_view line = next_line(rest);
    const auto name = name_of_begin(line);
    if (name && files.size() < kMaxFiles) {
      if (auto bytes = decode_body(rest)) {
        files.push_back({*name, std::move(*bytes)});
        continue;
      }
    }
    kept += before.substr(0, before.size() - rest.size());
  }
  text = std::move(kept);
  return files;
}

}  // namespace mailkeep::message
