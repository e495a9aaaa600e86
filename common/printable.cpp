// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/printable.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace mailkeep::common {
namespace {

struct Sequence {
  std::size_t length;        // bytes consumed, at least 1
  std::uint32_t code_point;  // meaningful if is_valid
  bool is_valid;
};

// The permitted second bytes follow table 3-7 of the Unicode standard.
Sequence next_sequence(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {1, lead, true};
  if (lead < 0xc2 || lead > 0xf4) return {1, 0, false};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t code_point = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= bytes.size()) return {i, 0, false};
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (i == 1 && lead == 0xe0) low = 0xa0;
    if (i == 1 && lead == 0xed) high = 0x9f;
    if (i == 1 && lead == 0xf0) low = 0x90;
    if (i == 1 && lead == 0xf4) high = 0x8f;
    if (at(i) < low || at(i) > high) return {i, 0, false};
    code_point = (code_point << 6U) | (at(i) & 0x3fU);
  }
  return {length, code_point, true};
}

bool is_unprintable(std::uint32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool is_bidi = c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                       (c >= 0x2066 && c <= 0x2069);
  return is_control || is_bidi || c == 0x2028 || c == 0x2029;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Sequence sequence = next_sequence(bytes);
    if (!sequence.is_valid) return false;
    bytes.remove_prefix(sequence.length);
  }
  return true;
}

std::string to_utf8_lossy(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Sequence sequence = next_sequence(bytes);
    text += sequence.is_valid ? bytes.substr(0, sequence.length) : std::string_view("\xef\xbf\xbd");
    bytes.remove_prefix(sequence.length);
  }
  return text;
}

std::string printable(std::string_view bytes) {
  const std::string text = to_utf8_lossy(bytes);
  std::string out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const Sequence sequence = next_sequence(rest);
    if (!is_unprintable(sequence.code_point))
      out += rest.substr(0, sequence.length);
    else if (sequence.code_point < 0x100)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", sequence.code_point);
    else
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", sequence.code_point);
    rest.remove_prefix(sequence.length);
  }
  return out;
}

}  // namespace mailkeep::common
