// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json_line.h"

#include <fmt/format.h>

#include "common/printable.h"

namespace mailkeep::common {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : to_utf8_lossy(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append({'\\', c});
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04x}", byte);
    else
      out.push_back(c);
  }
  return out + "\"";
}

JsonLine& JsonLine::add(std::string_view name, std::string_view text) {
  return add_raw(name, json_string(text));
}

JsonLine& JsonLine::add(std::string_view name, const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + json_string(text);
  return add_raw(name, "[" + list + "]");
}

JsonLine& JsonLine::add_raw(std::string_view name, std::string_view json) {
  if (out_.size() > 1) out_ += ',';
  out_ += json_string(name);
  out_ += ':';
  out_ += json;
  return *this;
}

}  // namespace mailkeep::common
