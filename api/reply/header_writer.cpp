// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/header_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/reply/address.h"
#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::reply {
namespace {

constexpr std::size_t kLine = 76;  // RFC 2047 §2: the most for a line with an encoded word
// Of UTF-8 in one encoded word: 52 of base64, 64 in all, so that it fits on a field's first line.
constexpr std::size_t kWordBytes = 39;

constexpr std::size_t kMaxName = 200;
constexpr std::string_view kAtom = "!#$%&'*+-/=?^_`{|}~";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t char_length(std::string_view text, std::size_t at) {
  std::size_t length = 1;
  while (at + length < text.size() && is_continuation(text[at + length])) ++length;
  return length;
}

// At most `bytes`, without cutting a character.
std::size_t prefix_length(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text.size();
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  return bytes;
}

bool needs_encoding(std::string_view text) {
  // What looks like an encoded word would be read as one.
  return !is_ascii(text) || text.find("=?") != std::string_view::npos;
}

// Encoded words that follow each other are read without the blanks between them (RFC 2047 §6.2).
std::vector<std::string> encoded_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t length = prefix_length(text, kWordBytes);
    words.push_back("=?utf-8?B?" + common::to_base64(text.substr(0, length)) + "?=");
    text.remove_prefix(length);
  }
  return words;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// A display name in the one form that is always right.
std::vector<std::string> phrase(std::string_view name) {
  if (needs_encoding(name)) return encoded_words(name);
  const bool is_atoms = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
           kAtom.find(c) != std::string_view::npos;
  });
  if (is_atoms) {
    std::vector<std::string> words;
    for (const std::string_view word : split_words(name)) words.emplace_back(word);
    return words;
  }
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return {quoted + "\""};
}

}  // namespace

std::string one_line(std::string_view text, std::size_t max_bytes) {
  const std::string clean = common::to_utf8_lossy(text);
  std::string out;
  for (std::size_t at = 0; at < clean.size();) {
    const std::size_t length = char_length(clean, at);
    const std::string_view one = std::string_view(clean).substr(at, length);
    at += length;
    const bool is_blank = one == " " || common::printable(one) != one;
    if (!is_blank)
      out += one;
    else if (!out.empty() && out.back() != ' ')
      out.push_back(' ');
  }
  if (out.ends_with(' ')) out.pop_back();
  if (out.size() <= max_bytes) return out;
  out.resize(prefix_length(out, max_bytes - 3));
  return out + "...";
}

void HeaderWriter::begin(std::string_view name) {
  bytes_.append(name).push_back(':');
  column_ = name.size() + 1;
}

void HeaderWriter::word(std::string_view bytes) {
  // A field whose first line would hold nothing but its name is legal and breaks some readers.
  const bool is_first = !bytes_.empty() && bytes_.back() == ':';
  if (!is_first && column_ + 1 + bytes.size() > kLine) {
    bytes_ += "\r\n";
    column_ = 0;
  }
  bytes_.push_back(' ');
  bytes_ += bytes;
  column_ += 1 + bytes.size();
}

void HeaderWriter::end() { bytes_ += "\r\n"; }

void HeaderWriter::plain(std::string_view name, std::string_view value) {
  begin(name);
  word(value);
  end();
}

void HeaderWriter::text(std::string_view name, std::string_view value) {
  begin(name);
  if (needs_encoding(value)) {
    for (const std::string& one : encoded_words(value)) word(one);
  } else {
    for (const std::string_view one : split_words(value)) word(one);
  }
  end();
}

void HeaderWriter::addresses(std::string_view name, const std::vector<message::Address>& list) {
  if (list.empty()) return;
  begin(name);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string comma = i + 1 < list.size() ? "," : "";
    const std::string shown = one_line(list[i].name, kMaxName);
    for (const std::string& one : phrase(shown)) word(one);
    const std::string& address = list[i].address;
    word(shown.empty() ? address + comma : fmt::format("<{}>{}", address, comma));
  }
  end();
}

void HeaderWriter::message_ids(std::string_view name, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  begin(name);
  for (const std::string& id : ids) word("<" + id + ">");
  end();
}

}  // namespace mailkeep::reply
