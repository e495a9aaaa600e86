// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/header_list.h"

#include <algorithm>
#include <cstddef>

#include "message/envelope.h"
#include "message/header_value.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxHeaders = 5'000;

void add_field(std::string_view field, std::vector<Header>& headers,
               std::vector<std::string>& notes) {
  if (field.empty()) return;
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos || colon == 0) return note(notes, "header-line-without-name");
  if (headers.size() >= kMaxHeaders) return note(notes, "over-header-count-limit");
  headers.push_back(
      {one_line(field.substr(0, colon)), one_line(decoded_value(field.substr(colon + 1)))});
}

}  // namespace

std::vector<Header> list_headers(std::string_view block, std::vector<std::string>& notes) {
  std::vector<Header> headers;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t end = std::min(block.find('\n', at), block.size() - 1) + 1;
    // RFC 5322 §2.2.3: a line that begins with white space goes on with the one before.
    const bool goes_on = end < block.size() && (block[end] == ' ' || block[end] == '\t');
    if (!goes_on) {
      add_field(block.substr(begin, end - begin), headers, notes);
      begin = end;
    }
    at = end;
  }
  return headers;
}

}  // namespace mailkeep::message
