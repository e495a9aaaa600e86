// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <cmath>

#include "api/json.h"
#include "common/check.h"
#include "common/printable.h"

namespace mailkeep::api {

namespace {

constexpr std::uint64_t kExact = std::uint64_t{1} << 53U;  // beyond it a double skips numbers

void append_escaped(std::string& out, std::string_view text) {
  std::size_t clean = 0;  // what needs no escape is copied in one piece
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '"' && c != '\\' && c != '<' && c != '\x7f' && static_cast<unsigned char>(c) >= 0x20) {
      continue;
    }
    out.append(text, clean, at - clean);
    clean = at + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  out.append(text, clean);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (common::is_valid_utf8(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, common::to_utf8_lossy(text));
  }
  out += '"';
}

}  // namespace

void JsonWriter::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  open_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  MAILKEEP_CHECK(!open_.empty() && open_.back() == (bracket == '}' ? '{' : '['));
  open_.pop_back();
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  MAILKEEP_CHECK(!open_.empty() && open_.back() == '{');
  separate();
  append_string(out_, name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  return put(std::isfinite(number) ? fmt::format("{}", number) : "null");
}

JsonWriter& JsonWriter::put(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::put_signed(std::int64_t number) {
  if (number >= 0) return put_unsigned(static_cast<std::uint64_t>(number));
  const std::string text = std::to_string(number);
  return number < -static_cast<std::int64_t>(kExact) ? value(text) : put(text);
}

JsonWriter& JsonWriter::put_unsigned(std::uint64_t number) {
  const std::string text = std::to_string(number);
  return number > kExact ? value(text) : put(text);
}

std::string JsonWriter::take() {
  MAILKEEP_CHECK(open_.empty());
  needs_comma_ = false;
  return std::exchange(out_, {});
}

}  // namespace mailkeep::api
