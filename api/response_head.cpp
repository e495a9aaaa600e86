// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/response_head_internal.h"

#include <time.h>

#include <algorithm>
#include <array>

#include "api/request.h"

namespace mailkeep::api {

namespace {

// RFC 9110 §5.6.7, whatever the locale.
std::string http_date() {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t now = ::time(nullptr);
  tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

bool is_framing(std::string_view name) {
  return std::ranges::any_of(
      std::array<std::string_view, 5>{"Content-Length", "Transfer-Encoding", "Connection", "Date",
                                      "X-Request-Id"},
      [name](std::string_view known) { return equal_ignoring_case(known, name); });
}

void put(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

struct Standard {
  std::string_view name;
  std::string_view value;
};

// A handler may say otherwise about each of these: the page has a policy of its own.
constexpr std::array<Standard, 7> kStandard{{
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cache-Control", "no-store"},
}};

bool is_word(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

void put_standard(std::string& head, const Response& response) {
  for (const Standard& standard : kStandard) {
    if (find_header(response, standard.name) == nullptr) put(head, standard.name, standard.value);
  }
}

}  // namespace

bool has_sound_headers(const Response& response) {
  return std::ranges::all_of(response.headers, [](const auto& header) {
    return is_word(header.first) && std::ranges::none_of(header.second, is_control);
  });
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::uint64_t body_size(const Response& response) {
  return response.stream_size.value_or(response.body.size());
}

std::string response_head(const Response& response, const ResponseContext& context) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  put(head, "Date", http_date());
  for (const auto& [name, value] : response.headers) {
    if (!is_framing(name)) put(head, name, value);
  }
  // What stands in a 304 takes the place of what the client has stored (RFC 9111 §3.2): a policy
  // that the 200 did not have would lock the page out of its own scripts.
  if (response.status != 304) put_standard(head, response);
  if (context.is_tls) put(head, "Strict-Transport-Security", "max-age=31536000");
  put(head, "X-Request-Id", context.request_id);
  if (may_have_body(response.status)) {
    put(head, "Content-Length", std::to_string(body_size(response)));
  }
  if (context.is_last) put(head, "Connection", "close");
  head += "\r\n";
  return head;
}

}  // namespace mailkeep::api
