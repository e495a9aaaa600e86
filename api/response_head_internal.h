// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// From a Response to the bytes that go before its body, with the headers that every response has.

#include <cstdint>
#include <string>
#include <string_view>

#include "api/response.h"

namespace mailkeep::api {

struct ResponseContext {
  std::string_view request_id;
  bool is_tls = false;
  bool is_last = false;  // the connection is closed afterwards
};

// Whether every header of the response can be sent: a name that is a word, a value without control
// characters.
bool has_sound_headers(const Response& response);

// Status line and header block, up to the empty line. Framing headers that a handler has set are
// left out: the framing is ours.
std::string response_head(const Response& response, const ResponseContext& context);

bool may_have_body(int status);  // not 1xx, 204, 304 (RFC 9110 §6.4.1)
std::uint64_t body_size(const Response& response);

}  // namespace mailkeep::api
