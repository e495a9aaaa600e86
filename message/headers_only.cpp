// SPDX-License-Identifier: GPL-3.0-or-later
// The headers of a message on which the parser died, read with as little as possible: no foreign
// library, no charset but UTF-8 and Latin, bounded work.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "common/printable.h"
#include "message/encoded_words.h"
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

std::string to_plain(std::string_view bytes, std::string_view) { return latin_or_utf8(bytes); }

std::string decoded(std::string_view value) { return one_line(decode_words(value, to_plain)); }

Address read_address(std::string_view text) {
  const std::size_t open = text.rfind('<');
  const std::size_t close = text.find('>', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos)
    return {"", decoded(trim(text))};
  std::string_view name = trim(text.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
    name = name.substr(1, name.size() - 2);
  return {decoded(name), decoded(trim(text.substr(open + 1, close - open - 1)))};
}

void read_addresses(std::string_view field, std::vector<Address>& out) {
  const std::string joined = join_words(field, to_plain);
  const std::string_view value = joined;
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
  if (known == "subject" && out.subject.empty()) out.subject = decoded(value);
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
