// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/folder_name.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/printable.h"

namespace mailkeep::store {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == ',') return 63;  // instead of '/', which servers use between folders
  return -1;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0U | (c >> 6U));
  } else if (c < 0x10000) {
    put(0xe0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3fU));
  } else {
    put(0xf0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3fU));
    put(0x80U | ((c >> 6U) & 0x3fU));
  }
  put(0x80U | (c & 0x3fU));
}

// UTF-16 code units to UTF-8; nothing if a surrogate stands alone.
std::optional<std::string> utf16_to_utf8(const std::u16string& units) {
  std::string out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t c = units[i];
    if (c >= 0xdc00 && c < 0xe000) return std::nullopt;
    if (c >= 0xd800 && c < 0xdc00) {
      if (i + 1 >= units.size() || units[i + 1] < 0xdc00 || units[i + 1] >= 0xe000)
        return std::nullopt;
      c = 0x10000U + ((c - 0xd800U) << 10U) + (units[++i] - 0xdc00U);
    }
    append_utf8(out, c);
  }
  return out;
}

// The part between '&' and '-'. Only the one way to write a text (RFC 3501 §5.1.3: no padding
// beyond the last character, nothing that can stand for itself): two folders must not be shown
// under one name.
std::optional<std::string> decode_shifted(std::string_view text) {
  std::u16string units;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 16) continue;
    count -= 16;
    const std::uint32_t unit = (bits >> static_cast<unsigned>(count)) & 0xffffU;
    if (unit >= 0x20 && unit < 0x7f) return std::nullopt;
    units.push_back(static_cast<char16_t>(unit));
  }
  if (count >= 6 || (bits & ((1U << static_cast<unsigned>(count)) - 1)) != 0) return std::nullopt;
  return utf16_to_utf8(units);
}

bool has_8_bit(std::string_view bytes) {
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  return false;
}

}  // namespace

FolderName decode_plain_folder(std::string_view bytes) {
  return {common::to_utf8_lossy(bytes), common::is_valid_utf8(bytes)};
}

FolderName decode_imap_folder(std::string_view wire) {
  if (has_8_bit(wire)) return decode_plain_folder(wire);  // a server that speaks UTF-8 in names
  FolderName name;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (wire[i] != '&') {
      name.text.push_back(wire[i]);
      continue;
    }
    const std::size_t end = wire.find('-', i + 1);
    if (end == i + 1) {
      name.text.push_back('&');
      i = end;
      continue;
    }
    const auto decoded = end == std::string_view::npos
                             ? std::nullopt
                             : decode_shifted(wire.substr(i + 1, end - i - 1));
    if (!decoded) {
      name.text += kReplacement;
      name.is_exact = false;
      continue;  // the characters after the broken shift are shown as they stand
    }
    name.text += *decoded;
    i = end;
    const std::string_view next = wire.substr(i + 1, 2);
    if (next.substr(0, 1) == "&" && next != "&-")
      name.is_exact = false;  // in two where one would do
  }
  return name;
}

}  // namespace mailkeep::store
