// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/fetch_response.h"

#include <charconv>

#include "fetcher/imap/response_reader.h"

namespace mailkeep::fetcher::imap {

namespace {

using Tokens = std::vector<Token>;

// The index behind the value that begins at `at`: one token, or a list to its closing bracket.
std::size_t end_of_value(const Tokens& tokens, std::size_t at) {
  std::size_t depth = 0;
  while (at < tokens.size()) {
    const Token::Kind kind = tokens[at++].kind;
    if (kind == Token::Kind::Open) ++depth;
    if (kind == Token::Kind::Close && depth > 0) --depth;
    if (depth == 0) break;
  }
  return at;
}

bool is_nil(const Token& token) {
  return token.kind == Token::Kind::Atom && equals_ignoring_case(token.text, "NIL");
}

std::string join_list(const Tokens& tokens, std::size_t begin, std::size_t end) {
  std::string joined;
  for (std::size_t i = begin; i < end; ++i) {
    const bool is_bracket =
        tokens[i].kind == Token::Kind::Open || tokens[i].kind == Token::Kind::Close;
    if (is_bracket || is_nil(tokens[i])) continue;
    if (!joined.empty()) joined.push_back(' ');
    joined += tokens[i].text;
  }
  return joined;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void take_body(const Token& value, FetchItems& items) {
  if (value.kind == Token::Kind::Streamed) items.body = FetchItems::Body::Streamed;
  if (value.kind == Token::Kind::TooLarge) items.body = FetchItems::Body::TooLarge;
  if (value.kind == Token::Kind::String) {
    items.body = FetchItems::Body::Inline;
    items.inline_body = value.text;
  }
}

void take_item(std::string_view name, const Tokens& tokens, std::size_t begin, std::size_t end,
               FetchItems& items) {
  const Token& value = tokens[begin];
  if (equals_ignoring_case(name, "UID")) {
    items.uid = parse_number(value.text);
  } else if (equals_ignoring_case(name, "FLAGS")) {
    items.flags = join_list(tokens, begin, end);
  } else if (equals_ignoring_case(name, "INTERNALDATE")) {
    items.internal_date = is_nil(value) ? std::string() : value.text;
  } else if (equals_ignoring_case(name, "RFC822.SIZE")) {
    items.announced_size = parse_size(value.text);
  } else if (equals_ignoring_case(name, "BODY[]")) {
    take_body(value, items);
  }
}

}  // namespace

FetchItems parse_fetch(const Tokens& tokens) {
  FetchItems items;
  std::size_t at = !tokens.empty() && tokens[0].kind == Token::Kind::Open ? 1 : 0;
  while (at + 1 < tokens.size() && tokens[at].kind == Token::Kind::Atom) {
    const std::size_t end = end_of_value(tokens, at + 1);
    take_item(tokens[at].text, tokens, at + 1, end, items);
    at = end;
  }
  return items;
}

std::optional<ListedFolder> parse_list(const Tokens& tokens) {
  if (tokens.empty() || (tokens[0].kind != Token::Kind::Open && !is_nil(tokens[0]))) {
    return std::nullopt;
  }
  const std::size_t flags_end = end_of_value(tokens, 0);
  if (flags_end + 1 >= tokens.size()) return std::nullopt;
  ListedFolder folder;
  for (std::size_t i = 0; i < flags_end; ++i) {
    if (equals_ignoring_case(tokens[i].text, "\\Noselect") ||
        equals_ignoring_case(tokens[i].text, "\\NonExistent")) {
      folder.is_selectable = false;
    }
  }
  if (!is_nil(tokens[flags_end])) folder.separator = tokens[flags_end].text;
  // A name with a space that was sent without quotes comes as several tokens.
  folder.name = tokens[flags_end + 1].text;
  if (tokens[flags_end + 1].kind == Token::Kind::Atom) {
    for (std::size_t i = flags_end + 2; i < tokens.size(); ++i) {
      if (tokens[i].kind != Token::Kind::Atom) break;
      folder.name += " " + tokens[i].text;
    }
  }
  if (equals_ignoring_case(folder.name, "INBOX")) folder.name = "INBOX";
  return folder;
}

}  // namespace mailkeep::fetcher::imap
