// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/response_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mailkeep::fetcher::imap {

using common::ErrorKind;

namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string_view skip_spaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// Takes the first word and the spaces behind it.
std::string_view take_word(std::string_view& text) {
  text = skip_spaces(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text = skip_spaces(text.substr(word.size()));
  return word;
}

std::optional<Condition> condition_of(std::string_view word) {
  if (equals_ignoring_case(word, "OK")) return Condition::Ok;
  if (equals_ignoring_case(word, "NO")) return Condition::No;
  if (equals_ignoring_case(word, "BAD")) return Condition::Bad;
  if (equals_ignoring_case(word, "BYE")) return Condition::Bye;
  if (equals_ignoring_case(word, "PREAUTH")) return Condition::Preauth;
  return std::nullopt;
}

// resp-text = ["[" resp-text-code "]" SP] text. Servers leave out the text, and the closing
// bracket.
StatusLine parse_status(Condition condition, std::string_view rest) {
  StatusLine line{condition, {}, {}, {}};
  if (!rest.empty() && rest.front() == '[') {
    const std::size_t end = rest.find(']');
    std::string_view inside = rest.substr(1, end == rest.npos ? rest.npos : end - 1);
    rest = end == rest.npos ? std::string_view() : skip_spaces(rest.substr(end + 1));
    line.code = upper(take_word(inside));
    line.arguments = inside;
  }
  line.text = rest;
  return line;
}

// "SEARCH 2 84 882 (MODSEQ 9)": a folder of two million messages answers with one line of that many
// numbers, so they do not become tokens.
store::UidSet parse_search(std::string_view rest) {
  std::vector<store::Uid> uids;
  while (!rest.empty() && rest.front() != '(') {
    const auto number = parse_number(take_word(rest));
    if (number && *number != 0) uids.push_back(*number);
  }
  std::sort(uids.begin(), uids.end());  // servers answer in any order
  store::UidSet set;
  for (const store::Uid uid : uids) set.add(uid);
  return set;
}

bool is_body_item(const std::vector<Token>& tokens) {
  return !tokens.empty() && tokens.back().kind == Token::Kind::Atom &&
         equals_ignoring_case(tokens.back().text, "BODY[]");
}

}  // namespace

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

common::Result<Response> ResponseReader::next(BodyTarget* body) {
  MAILKEEP_TRY(line, stream_.read_line(limits_.line_bytes));
  std::string_view rest = line;
  if (rest.substr(0, 1) == "*" && (rest.size() == 1 || rest[1] == ' ' || rest[1] == '[')) {
    return read_untagged(rest.substr(1), body);
  }
  Response response;
  if (rest.substr(0, 1) == "+") {
    response.kind = Response::Kind::Continuation;
    response.status.text = skip_spaces(rest.substr(1));
    return response;
  }
  response.kind = Response::Kind::Tagged;
  response.tag = take_word(rest);
  const auto condition = condition_of(take_word(rest));
  if (!condition) {
    return common::fail(ErrorKind::Protocol, "the server sent a line that is no IMAP response");
  }
  response.status = parse_status(*condition, rest);
  return response;
}

common::Result<Response> ResponseReader::read_untagged(std::string_view rest, BodyTarget* body) {
  Response response;
  rest = skip_spaces(rest);
  if (rest.substr(0, 1) == "[") {  // Exchange has been seen to leave out the OK before a code
    response.kind = Response::Kind::Status;
    response.status = parse_status(Condition::Ok, rest);
    return response;
  }
  std::string_view word = take_word(rest);
  if (const auto condition = condition_of(word)) {
    response.kind = Response::Kind::Status;
    response.status = parse_status(*condition, rest);
    return response;
  }
  response.number = parse_number(word);
  if (response.number) word = take_word(rest);
  response.name = upper(word);
  if (response.name == "SEARCH") {
    response.numbers = parse_search(rest);
    return response;
  }
  MAILKEEP_CHECKED(read_tokens(rest, body, response));
  return response;
}

common::Status ResponseReader::read_tokens(std::string_view rest, BodyTarget* body,
                                           Response& response) {
  Lexer lexer(limits_);
  for (;;) {
    MAILKEEP_TRY(literal, lexer.feed(rest));
    if (!literal) break;
    const bool is_body =
        response.name == "FETCH" && lexer.depth() == 1 && is_body_item(lexer.tokens());
    MAILKEEP_CHECKED(read_literal(lexer, *literal, is_body, body));
    MAILKEEP_TRY(line, stream_.read_line(limits_.line_bytes));
    rest = line;
  }
  if (lexer.depth() != 0) return common::fail(ErrorKind::Protocol, "the server left a list open");
  response.tokens = lexer.take();
  return {};
}

common::Status ResponseReader::read_literal(Lexer& lexer, std::uint64_t size, bool is_body,
                                            BodyTarget* body) {
  const std::uint64_t limit = is_body ? limits_.literal_bytes : limits_.text_literal_bytes;
  const bool is_drained = size > limit && is_body && size <= limits_.drain_bytes;
  if (is_body && body != nullptr && !is_drained) {
    // Told before the limit is checked, so that the target knows which message it was.
    MAILKEEP_CHECKED(body->begin(lexer.tokens(), size));
  }
  if (size > limit && !is_drained) {
    return common::fail(ErrorKind::Limit, "the server announced {} bytes where {} are the limit",
                        size, limit);
  }
  if (is_body) {
    MAILKEEP_CHECKED(stream_.read_exact(size, [&](std::string_view piece) -> common::Status {
      if (is_drained || body == nullptr) return {};
      return body->append(piece);
    }));
    const auto kind = is_drained ? Token::Kind::TooLarge : Token::Kind::Streamed;
    return lexer.add({kind, std::to_string(size)});
  }
  std::string text;
  MAILKEEP_CHECKED(stream_.read_exact(size, [&](std::string_view piece) -> common::Status {
    text += piece;
    return {};
  }));
  return lexer.add({Token::Kind::String, std::move(text)});
}

}  // namespace mailkeep::fetcher::imap
