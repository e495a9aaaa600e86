// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/folder_rules.h"

#include <algorithm>

#include "store/folder_name.h"

namespace mailkeep::fetcher {

namespace {

// Length of the UTF-8 character that begins here: '?' stands for what people see as one.
std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return length;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return text == "INBOX" ? glob_matches(upper(pattern), text) : glob_matches(pattern, text);
  });
}

}  // namespace

// The last star is the only one worth returning to, so the time is bounded by the product of both
// lengths, whatever the pattern.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += character_length(text.substr(t));
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool FolderRules::includes(std::string_view wire_name) const {
  const std::string name = store::decode_imap_folder(wire_name).text;
  if (any_matches(exclude_, name)) return false;
  return include_.empty() || any_matches(include_, name);
}

}  // namespace mailkeep::fetcher
