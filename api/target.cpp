// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "api/target_internal.h"
#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::api {

namespace {

constexpr std::size_t kMaxSegments = 32;
constexpr std::size_t kMaxQueryKeys = 100;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 3986 §3.3: pchar and the slash.
bool is_path_char(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("-._~!$&'()*+,;=:@%/").find(c) != std::string_view::npos;
}

// Browsers leave more than RFC 3986 §3.4 permits as it is in a query, and none of it is ambiguous.
bool is_query_char(char c) {
  return c > 0x20 && c < 0x7f && std::string_view("\"<>#\\").find(c) == std::string_view::npos;
}

tl::expected<std::string, Problem> decode_segment(std::string_view raw) {
  auto segment = common::percent_decode(raw);
  if (!segment) return refuse("bad-request", "the path holds a broken percent escape");
  if (*segment == "." || *segment == "..") {
    return refuse("bad-request", "the path holds a segment of dots; give the path itself");
  }
  if (segment->find('/') != std::string::npos || std::ranges::any_of(*segment, is_control) ||
      !common::is_valid_utf8(*segment)) {
    return refuse("bad-request",
                  "the path holds an escaped slash, a control character or what is not UTF-8");
  }
  return std::move(*segment);
}

tl::expected<std::vector<std::string>, Problem> split_path(std::string_view path) {
  if (!std::ranges::all_of(path, is_path_char)) {
    return refuse("bad-request", "the path holds a character that must be percent-encoded");
  }
  std::vector<std::string> segments;
  std::string_view rest = path.substr(1);
  if (rest.empty()) return segments;
  for (;;) {
    const auto end = rest.find('/');
    MAILKEEP_TRY(segment, decode_segment(rest.substr(0, end)));
    segments.push_back(std::move(segment));
    if (segments.size() > kMaxSegments) return refuse("not-found", "there is no such address");
    if (end == std::string_view::npos) return segments;
    rest.remove_prefix(end + 1);
  }
}

// As forms are encoded: a plus is a space.
tl::expected<std::string, Problem> decode_query_part(std::string_view raw) {
  std::string spaced(raw);
  std::ranges::replace(spaced, '+', ' ');
  auto text = common::percent_decode(spaced);
  if (!text || !common::is_valid_utf8(*text) ||
      std::ranges::any_of(*text, [](char c) { return is_control(c) && c != '\t'; })) {
    return refuse("bad-request",
                  "the query holds a broken escape, a control character or what is not UTF-8");
  }
  return std::move(*text);
}

tl::expected<std::vector<std::pair<std::string, std::string>>, Problem> split_query(
    std::string_view text) {
  if (!std::ranges::all_of(text, is_query_char)) {
    return refuse("bad-request", "the query holds a character that must be percent-encoded");
  }
  std::vector<std::pair<std::string, std::string>> query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    const auto equals = std::min(piece.find('='), piece.size());
    MAILKEEP_TRY(key, decode_query_part(piece.substr(0, equals)));
    MAILKEEP_TRY(value, decode_query_part(piece.substr(std::min(equals + 1, piece.size()))));
    if (std::ranges::any_of(query, [&](const auto& known) { return known.first == key; })) {
      return refuse("bad-request", "{} stands twice in the query; give it once",
                    common::printable(std::string_view(key).substr(0, 100)));
    }
    if (query.size() == kMaxQueryKeys) return refuse("bad-request", "the query has too many keys");
    query.emplace_back(std::move(key), std::move(value));
  }
  return query;
}

// "http://host:port/path" (§3.2.2). Nothing where it is not that.
std::optional<std::string_view> authority_of(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.size() <= scheme.size() ||
        !equal_ignoring_case(text.substr(0, scheme.size()), scheme)) {
      continue;
    }
    const auto rest = text.substr(scheme.size());
    return text.substr(scheme.size(), std::min(rest.find_first_of("/?"), rest.size()));
  }
  return std::nullopt;
}

}  // namespace

tl::expected<Target, Problem> parse_target(std::string_view text, Method method) {
  Target target;
  if (text == "*" && method == Method::Options) {
    target.path = text;
    return target;
  }
  if (!text.starts_with('/')) {
    const auto authority = authority_of(text);
    if (!authority || authority->empty()) {
      return refuse("bad-request", "the request target must be a path that begins with a slash");
    }
    target.authority = *authority;
    text.remove_prefix(static_cast<std::size_t>(authority->end() - text.begin()));
    if (!text.starts_with('/')) return refuse("bad-request", "the request target has no path");
  }
  const auto question = std::min(text.find('?'), text.size());
  MAILKEEP_TRY(segments, split_path(text.substr(0, question)));
  MAILKEEP_TRY(query, split_query(text.substr(std::min(question + 1, text.size()))));
  target.path = text.substr(0, question);
  target.segments = std::move(segments);
  target.query = std::move(query);
  return target;
}

}  // namespace mailkeep::api
