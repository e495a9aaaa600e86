// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/response.h"

#include <algorithm>

#include "api/request.h"

namespace mailkeep::api {

const std::string* find_header(const Response& response, std::string_view name) {
  for (const auto& [known, value] : response.headers) {
    if (equal_ignoring_case(known, name)) return &value;
  }
  return nullptr;
}

void set_header(Response& response, std::string_view name, std::string value) {
  std::erase_if(response.headers,
                [name](const auto& header) { return equal_ignoring_case(header.first, name); });
  add_header(response, name, std::move(value));
}

void add_header(Response& response, std::string_view name, std::string value) {
  response.headers.emplace_back(std::string(name), std::move(value));
}

Response text_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  add_header(response, "Content-Type", "text/plain; charset=utf-8");
  return response;
}

Response json_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  add_header(response, "Content-Type", "application/json");
  return response;
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  return response;
}

// RFC 9110 §15, RFC 6585, RFC 4918 for 507.
std::string_view reason_of(int status) {
  struct Reason {
    int status;
    std::string_view text;
  };
  static constexpr Reason kReasons[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
  };
  const auto* found = std::ranges::find(kReasons, status, &Reason::status);
  return found == std::end(kReasons) ? std::string_view{} : found->text;
}

}  // namespace mailkeep::api
