// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Small words about bytes that do not depend on a locale. Private to message/.

#include <cstdint>
#include <string>
#include <string_view>

namespace mailkeep::message {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c);  // -1 if it is none
std::string lower_ascii(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
void append_utf8(std::string& out, std::uint32_t code_point);  // U+FFFD for what is none

// The longest beginning of at most `bytes` bytes that does not cut a character of valid UTF-8.
std::string_view cut_utf8(std::string_view text, std::size_t bytes);

// A header value on one line: folds and control characters become single spaces.
std::string one_line(std::string_view text);

// Valid UTF-8 without NULs and other control characters that no reader sees.
std::string clean_text(std::string_view text);

// Only words and single spaces between them: what two renderings of one text have in common.
std::string words_only(std::string_view text);

}  // namespace mailkeep::message
