// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One JSON object on one line, for the log's texts and other records that people and programs read.
// Strings are forced to valid UTF-8 and every control character is escaped (RFC 8259 §7).

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::common {

std::string json_string(std::string_view text);  // with the quotes

class JsonLine {
 public:
  JsonLine& add(std::string_view name, std::string_view text);
  JsonLine& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonLine& add(std::string_view name, std::integral auto number) {
    return add_raw(name, std::to_string(number));
  }
  JsonLine& add(std::string_view name, bool flag) { return add_raw(name, flag ? "true" : "false"); }
  JsonLine& add(std::string_view name, const std::vector<std::string>& texts);
  JsonLine& add_raw(std::string_view name, std::string_view json);  // JSON that we wrote ourselves
  std::string text() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
};

}  // namespace mailkeep::common
