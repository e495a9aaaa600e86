// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Response: one HTTP response as plain data. The server adds the standard headers and refuses to
// send a header value that holds CR, LF or NUL.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace mailkeep::api {

using Sink = std::function<common::Status(std::string_view)>;
// Writes the whole body into the sink, in pieces of any size. An error of the sink is returned as
// it is: the client has gone.
using BodyWriter = std::function<common::Status(const Sink& sink)>;

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // A body of known size that is not held in memory; `body` is empty then. If `stream` fails or
  // writes another number of bytes, the connection is cut: never a silently short body.
  std::optional<std::uint64_t> stream_size;
  BodyWriter stream;
  std::uint64_t stream_memory = 0;  // bytes that the stream holds until it has ended
};

const std::string* find_header(const Response& response, std::string_view name);
void set_header(Response& response, std::string_view name, std::string value);  // replaces
void add_header(Response& response, std::string_view name, std::string value);  // may repeat

Response text_response(std::string body, int status = 200);  // text/plain; charset=utf-8
Response json_response(std::string body, int status = 200);  // application/json
Response empty_response(int status = 204);

std::string_view reason_of(int status);  // "Not Found"; empty if unknown

}  // namespace mailkeep::api
