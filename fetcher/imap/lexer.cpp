// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/lexer.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mailkeep::fetcher::imap {

using common::ErrorKind;

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// literal = "{" number ["+"] "}" at the end of a line; literal8 (RFC 3516) has a "~" before it.
// Nothing if it is not of this form. A number that no 64 bits hold is as large as can be.
std::optional<std::uint64_t> literal_announcement(std::string_view rest) {
  if (!rest.empty() && rest.front() == '~') rest.remove_prefix(1);
  if (rest.size() < 3 || rest.front() != '{' || rest.back() != '}') return std::nullopt;
  std::string_view digits = rest.substr(1, rest.size() - 2);
  if (digits.back() == '+') digits.remove_suffix(1);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (digits.empty() || end != digits.data() + digits.size()) return std::nullopt;
  return error == std::errc::result_out_of_range ? UINT64_MAX : size;
}

bool is_negative_literal(std::string_view rest) {
  return rest.substr(0, 2) == "{-" && rest.back() == '}';
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

common::Result<std::optional<std::uint64_t>> Lexer::feed(std::string_view line) {
  std::string_view rest = line;
  for (;;) {
    const std::size_t start = rest.find_first_not_of(' ');
    if (start == std::string_view::npos) return std::optional<std::uint64_t>();
    rest.remove_prefix(start);
    if (const auto literal = literal_announcement(rest)) return literal;
    if (is_negative_literal(rest)) {
      return common::fail(ErrorKind::Protocol, "the server announced a literal of negative size");
    }
    MAILKEEP_CHECKED(read_token(rest));
  }
}

common::Status Lexer::add(Token token) {
  if (tokens_.size() >= limits_.tokens) {
    return common::fail(ErrorKind::Limit, "the server sent a response of more than {} parts",
                        limits_.tokens);
  }
  bytes_ += token.text.size();
  if (bytes_ > limits_.response_bytes) {
    return common::fail(ErrorKind::Limit, "the server sent a response of more than {} bytes",
                        limits_.response_bytes);
  }
  tokens_.push_back(std::move(token));
  return {};
}

common::Status Lexer::read_token(std::string_view& rest) {
  switch (rest.front()) {
    case '(':
      if (++depth_ > limits_.nesting) {
        return common::fail(ErrorKind::Limit, "the server nested lists more than {} deep",
                            limits_.nesting);
      }
      rest.remove_prefix(1);
      return add({Token::Kind::Open, {}});
    case ')':
      if (depth_ == 0)
        return common::fail(ErrorKind::Protocol, "the server closed a list too often");
      --depth_;
      rest.remove_prefix(1);
      return add({Token::Kind::Close, {}});
    case '"':
      return read_quoted(rest);
    default:
      return read_atom(rest);
  }
}

// A quote inside a quoted string should be escaped. Where it is not, it ends the string only if
// something follows that may follow a string: a space, a bracket or the end of the line.
common::Status Lexer::read_quoted(std::string_view& rest) {
  std::string text;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) {
      text.push_back(rest[++i]);
      continue;
    }
    const bool ends = rest[i] == '"' && (i + 1 == rest.size() || rest[i + 1] == ' ' ||
                                         rest[i + 1] == ')' || rest[i + 1] == '(');
    if (ends) {
      rest.remove_prefix(i + 1);
      return add({Token::Kind::String, std::move(text)});
    }
    text.push_back(rest[i]);
  }
  return common::fail(ErrorKind::Protocol, "the server sent a quoted string without an end");
}

// An item such as BODY[HEADER.FIELDS (DATE)] is one token: what stands in square brackets belongs
// to it. A bracket without an end is an ordinary character of a keyword or name.
common::Status Lexer::read_atom(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ' ' && rest[end] != '(' && rest[end] != ')') {
    const std::size_t closing = rest[end] == '[' ? rest.find(']', end) : std::string_view::npos;
    end = closing == std::string_view::npos ? end + 1 : closing + 1;
  }
  auto status = add({Token::Kind::Atom, std::string(rest.substr(0, end))});
  rest.remove_prefix(end);
  return status;
}

}  // namespace mailkeep::fetcher::imap
