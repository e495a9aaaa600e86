// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "api/request_head_internal.h"
#include "api/target_internal.h"
#include "common/printable.h"

namespace mailkeep::api {

namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110 §5.6.2
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// Fields that mean one thing each; two of them mean an attack or a broken client.
constexpr std::array<std::string_view, 16> kSingletons{
    "host",          "content-length", "transfer-encoding", "content-type",
    "authorization", "range",          "if-range",          "if-modified-since",
    "expect",        "origin",         "referer",           "idempotency-key",
    "x-csrf-token",  "sec-fetch-site", "content-encoding",  "if-unmodified-since"};

bool may_repeat(std::string_view name) {
  return std::ranges::none_of(
      kSingletons, [name](std::string_view known) { return equal_ignoring_case(known, name); });
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_line(std::string_view& block) {
  const auto end = block.find('\n');
  const std::string_view line = block.substr(0, end);
  block.remove_prefix(end + 1);
  return line;
}

// RFC 9112 §3: single spaces, nothing else.
Permission parse_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    return refuse("bad-request", "the request line must be a method, a target and a version");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return refuse("bad-request", "the method is not a word");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_http = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                         std::isdigit(static_cast<unsigned char>(version[5])) != 0 &&
                         std::isdigit(static_cast<unsigned char>(version[7])) != 0;
    if (is_http) return refuse("version-not-supported", "use HTTP/1.1");
    return refuse("bad-request", "the request line does not end in a version of HTTP");
  }
  head.is_http_1_0 = version == "HTTP/1.0";
  const auto known = method_from_name(method);
  if (!known) return refuse("not-implemented", "this method is not known here");
  head.request.method = *known;
  MAILKEEP_TRY(target, parse_target(line.substr(first + 1, last - first - 1), *known));
  head.request.path = std::move(target.path);
  head.request.segments = std::move(target.segments);
  head.request.query = std::move(target.query);
  head.host = std::move(target.authority);
  return {};
}

// RFC 9112 §5: no blank before the colon, no continuation lines.
Permission parse_field(std::string_view line, Headers& headers) {
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse("bad-request", "a header field may not be continued on a second line");
  }
  const auto colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(name)) {
    return refuse("bad-request", "a header field must be a name, a colon and a value");
  }
  const std::string_view value = without_blanks(line.substr(colon + 1));
  if (!common::is_valid_utf8(value)) {
    return refuse("bad-request", "the value of the header field {} is not UTF-8", name);
  }
  if (!may_repeat(name) && headers.find(name) != nullptr) {
    return refuse("bad-request", "the header field {} may stand only once", name);
  }
  headers.add(name, value);
  return {};
}

Permission take_host(RequestHead& head) {
  const std::string* host = head.request.headers.find("host");
  if (host == nullptr) {
    if (head.is_http_1_0) return {};
    return refuse("bad-request", "HTTP/1.1 wants one Host header field");
  }
  // §3.2.2: the target's authority counts. One that differs is a trick that we need not follow.
  if (!head.host.empty() && !equal_ignoring_case(head.host, *host)) {
    return refuse("bad-request", "the request target and the Host header field name two hosts");
  }
  head.host = *host;
  return {};
}

tl::expected<std::uint64_t, Problem> parse_length(std::string_view digits) {
  const bool is_number = !digits.empty() && digits.size() <= 18 &&
                         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return refuse("bad-request", "Content-Length is not one number");
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

// RFC 9112 §6: exactly one way to tell where the body ends.
Permission take_framing(RequestHead& head) {
  const Headers& headers = head.request.headers;
  const std::string* length = headers.find("content-length");
  const std::string* coding = headers.find("transfer-encoding");
  if (length != nullptr && coding != nullptr) {
    return refuse("bad-request", "Content-Length and Transfer-Encoding exclude each other");
  }
  if (coding != nullptr) {
    if (head.is_http_1_0) return refuse("bad-request", "HTTP/1.0 knows no Transfer-Encoding");
    if (!equal_ignoring_case(*coding, "chunked")) {
      return refuse("not-implemented", "the only Transfer-Encoding known here is chunked");
    }
    head.is_chunked = true;
  }
  if (length != nullptr) {
    MAILKEEP_TRY(bytes, parse_length(*length));
    head.content_length = bytes;
  }
  const Method method = head.request.method;
  if (head.has_body() &&
      (method == Method::Get || method == Method::Head || method == Method::Options)) {
    return refuse("bad-request", "a {} request has no body here", name_of(method));
  }
  return {};
}

bool list_has(const std::string* list, std::string_view word) {
  if (list == nullptr) return false;
  for (std::string_view rest = *list; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    if (equal_ignoring_case(without_blanks(rest.substr(0, end)), word)) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

Permission take_wishes(RequestHead& head) {
  const Headers& headers = head.request.headers;
  head.wants_close = head.is_http_1_0 || list_has(headers.find("connection"), "close");
  const std::string* expect = headers.find("expect");
  if (expect == nullptr || head.is_http_1_0) return {};
  if (!equal_ignoring_case(*expect, "100-continue")) {
    return refuse("expectation-failed", "the only expectation known here is 100-continue");
  }
  head.expects_continue = head.has_body();
  return {};
}

}  // namespace

Permission HeadReader::check_byte(char c) {
  const bool is_first = lines_ == 0;
  if (is_first && block_.size() >= limits_.request_line) {
    return refuse("uri-too-long", "the request line may have {} bytes", limits_.request_line);
  }
  if (block_.size() >= limits_.header_block) {
    return refuse("headers-too-large", "the header block may have {} bytes", limits_.header_block);
  }
  const bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  if (is_control) {
    return refuse("bad-request",
                  "the header block holds a control character, or a line that does not end in "
                  "CR LF");
  }
  return {};
}

Permission HeadReader::end_line() {
  const bool is_empty = block_.size() == line_start_;
  if (is_empty && lines_ == 0) {
    // §2.2: one empty line before the request line is let pass, as old clients send it after a
    // body.
    if (has_skipped_line_) return refuse("bad-request", "the request begins with empty lines");
    has_skipped_line_ = true;
    return {};
  }
  if (is_empty) {
    is_complete_ = true;
    return {};
  }
  if (lines_ > limits_.header_count) {
    return refuse("headers-too-large", "at most {} header fields are taken", limits_.header_count);
  }
  block_ += '\n';
  line_start_ = block_.size();
  ++lines_;
  return {};
}

tl::expected<std::size_t, Problem> HeadReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !is_complete_) {
    const char c = bytes[taken++];
    if (has_cr_) {
      if (c != '\n') return refuse("bad-request", "a line of the header block ends in CR alone");
      has_cr_ = false;
      MAILKEEP_CHECKED(end_line());
    } else if (c == '\r') {
      has_cr_ = true;
    } else {
      MAILKEEP_CHECKED(check_byte(c));
      block_ += c;
    }
  }
  return taken;
}

tl::expected<RequestHead, Problem> HeadReader::take() {
  const std::string block = std::exchange(block_, {});
  const Limits limits = limits_;
  *this = HeadReader(limits);
  RequestHead head;
  std::string_view rest = block;
  MAILKEEP_CHECKED(parse_request_line(next_line(rest), head));
  while (!rest.empty()) MAILKEEP_CHECKED(parse_field(next_line(rest), head.request.headers));
  MAILKEEP_CHECKED(take_host(head));
  MAILKEEP_CHECKED(take_framing(head));
  MAILKEEP_CHECKED(take_wishes(head));
  return head;
}

}  // namespace mailkeep::api
