// SPDX-License-Identifier: GPL-3.0-or-later
// The headers of a message on which the parser died, read with as little as possible: no foreign
// library, no charset but UTF-8 and Latin, bounded work.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "common/encoding.h"
#include "common/printable.h"
#include "message/parse.h"
#include "message/plain_date.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxHeaderBytes = 1UL << 20U;
constexpr std::size_t kMaxAddresses = 20'000;

std::string latin_or_utf8(std::string_view bytes) {
  if (common::is_valid_utf8(bytes)) return std::string(bytes);
  std::string text;
  for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
  return text;
}

std::string decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (text[i] == '=' && high >= 0 && low >= 0) {
      bytes.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      bytes.push_back(text[i] == '_' ? ' ' : text[i]);
    }
  }
  return bytes;
}

// RFC 2047 §2: =?charset?encoding?text?= at the start of `rest`; its length, 0 if it is none.
std::size_t read_encoded_word(std::string_view rest, std::string& out) {
  const std::size_t charset_end = rest.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= rest.size()) return 0;
  if (rest[charset_end + 2] != '?') return 0;
  const std::size_t end = rest.find("?=", charset_end + 3);
  if (end == std::string_view::npos || end > 1'000) return 0;
  const std::string_view text = rest.substr(charset_end + 3, end - charset_end - 3);
  std::optional<std::string> bytes;
  if (rest[charset_end + 1] == 'q' || rest[charset_end + 1] == 'Q') bytes = decode_q(text);
  if (rest[charset_end + 1] == 'b' || rest[charset_end + 1] == 'B')
    bytes = common::from_base64(text);
  if (!bytes) return 0;
  out += *bytes;
  return end + 2;
}

std::string decode_words(std::string_view value) {
  std::string bytes;
  bool after_word = false;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t word_at = value.find("=?", at);
    const std::string_view plain = value.substr(at, word_at - at);
    // RFC 2047 §6.2: white space between two encoded words is not part of the text.
    if (!(after_word && word_at != std::string_view::npos && trim(plain).empty())) bytes += plain;
    if (word_at == std::string_view::npos) break;
    const std::size_t taken = read_encoded_word(value.substr(word_at), bytes);
    after_word = taken > 0;
    if (taken == 0) bytes += "=?";
    at = word_at + std::max<std::size_t>(taken, 2);
  }
  return one_line(latin_or_utf8(bytes));
}

Address read_address(std::string_view text) {
  const std::size_t open = text.rfind('<');
  const std::size_t close = text.find('>', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos)
    return {"", one_line(latin_or_utf8(trim(text)))};
  std::string name = decode_words(trim(text.substr(0, open)));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
    name = name.substr(1, name.size() - 2);
  return {std::move(name), one_line(latin_or_utf8(trim(text.substr(open + 1, close - open - 1))))};
}

void read_addresses(std::string_view value, std::vector<Address>& out) {
  bool is_quoted = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= value.size() && out.size() < kMaxAddresses; ++i) {
    if (i < value.size() && value[i] == '"' && (i == 0 || value[i - 1] != '\\'))
      is_quoted = !is_quoted;
    const bool is_end = i == value.size() || (value[i] == ',' && !is_quoted);
    if (!is_end) continue;
    const std::string_view one = trim(value.substr(from, i - from));
    if (!one.empty()) out.push_back(read_address(one));
    from = i + 1;
  }
}

std::vector<std::string> read_ids(std::string_view value) {
  std::vector<std::string> ids;
  while (ids.size() < 1'000) {
    const std::size_t open = value.find('<');
    const std::size_t close = value.find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    ids.push_back(one_line(latin_or_utf8(value.substr(open + 1, close - open - 1))));
    value.remove_prefix(close + 1);
  }
  return ids;
}

void take_field(std::string_view name, std::string_view value, ParsedMessage& out) {
  const std::string known = lower_ascii(trim(name));
  if (known == "subject" && out.subject.empty()) out.subject = decode_words(value);
  if (known == "from") read_addresses(value, out.from);
  if (known == "to") read_addresses(value, out.to);
  if (known == "cc") read_addresses(value, out.cc);
  if (known == "bcc") read_addresses(value, out.bcc);
  if (known == "reply-to") read_addresses(value, out.reply_to);
  if (known == "references") out.references = read_ids(value);
  if (known == "date" && !out.date) out.date = read_plain_date(value);
  if (known != "message-id" && known != "in-reply-to") return;
  const std::vector<std::string> ids = read_ids(value);
  std::string& target = known == "message-id" ? out.message_id : out.in_reply_to;
  if (target.empty()) target = ids.empty() ? one_line(latin_or_utf8(trim(value))) : ids.front();
}

}  // namespace

ParsedMessage parse_headers_only(std::string_view raw) {
  ParsedMessage out;
  std::string_view rest = raw.substr(0, kMaxHeaderBytes);
  const bool has_lines = rest.find('\n') != std::string_view::npos;
  std::string field;
  const auto finish = [&] {
    const std::size_t colon = field.find(':');
    if (colon != std::string::npos)
      take_field(std::string_view(field).substr(0, colon),
                 std::string_view(field).substr(colon + 1), out);
    field.clear();
  };
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(has_lines ? '\n' : '\r'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (line.front() != ' ' && line.front() != '\t') finish();
    field += line;
  }
  finish();
  return out;
}

}  // namespace mailkeep::message
