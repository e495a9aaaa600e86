// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/wire_form.h"

#include <algorithm>

namespace mailkeep::reply {

using common::ErrorKind;
using common::fail;

common::Status check_wire_form(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos)
    return fail(ErrorKind::Malformed, "the message holds a NUL byte and cannot be sent");
  if (!bytes.ends_with("\r\n"))
    return fail(ErrorKind::Malformed, "the message does not end with a line end");
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    const std::size_t end = bytes.find_first_of("\r\n", begin);
    // The text ends with CRLF, so there is an end, and a CR has a byte after it.
    if (bytes[end] != '\r' || bytes[end + 1] != '\n')
      return fail(ErrorKind::Malformed, "the message holds a bare CR or LF and cannot be sent");
    if (end - begin > kMaxWireLine)
      return fail(ErrorKind::Malformed, "the message holds a line of more than {} bytes",
                  kMaxWireLine);
    begin = end + 2;
  }
  return {};
}

bool has_eight_bits(std::string_view bytes) {
  return std::any_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::string dot_stuffed(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 64 + 8);
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size() - 1) + 1;
    if (bytes[begin] == '.') out.push_back('.');
    out += bytes.substr(begin, end - begin);
    begin = end;
  }
  return out += ".\r\n";
}

}  // namespace mailkeep::reply
