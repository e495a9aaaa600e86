// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Request: one HTTP request as plain data, after the strict reader has let it in (RFC 9112).
//
// Nothing in here is trusted, but all of it is bounded, and every decoded text is valid UTF-8
// without NUL.

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailkeep::api {

enum class Method { Get, Head, Post, Put, Patch, Delete, Options };

std::string_view name_of(Method method);                        // "GET"
std::optional<Method> method_from_name(std::string_view name);  // case matters (RFC 9110 §9.1)

// Names compare without case. A field that came in several lines is one value joined by ", "
// (RFC 9110 §5.3; Cookie by "; "); fields that may stand only once were refused before.
class Headers {
 public:
  void add(std::string_view name, std::string_view value);
  const std::string* find(std::string_view name) const;  // null where absent
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

struct Request {
  Method method = Method::Get;
  std::string path;                     // as it came, still percent-encoded, without the query
  std::vector<std::string> segments;    // the path, decoded: {"api", "v1", "messages"}
  std::string route;                    // the pattern that the router found; empty before
  std::vector<std::string> parameters;  // what stood for the route's {placeholders}, in order
  std::vector<std::pair<std::string, std::string>> query;  // decoded, each key once
  Headers headers;
  std::string body;
  std::string peer;  // IP address
  bool is_tls = false;
  std::string id;        // random, also in X-Request-Id and in the log
  std::stop_token stop;  // asked for when the server must end: long handlers look at it
};

std::optional<std::string> query_value(const Request& request, std::string_view name);

// Nothing where the cookie is absent or stands twice, which no browser of ours would send.
std::optional<std::string> cookie_value(const Request& request, std::string_view name);

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

}  // namespace mailkeep::api
