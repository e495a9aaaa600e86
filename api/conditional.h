// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Conditional and partial answers: ETag, If-None-Match, If-Match (RFC 9110 §13), Range (§14),
// Repr-Digest (RFC 9530), and Content-Disposition (RFC 6266, RFC 8187).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "api/request.h"
#include "api/response.h"
#include "common/digest.h"

namespace mailkeep::api {

std::string etag_of(const common::Digest& digest);      // "sha256-<hex>", with the quotes
std::string etag_of_version(std::string_view version);  // any token without quotes, quoted

// The client has it already: answer 304 (not_modified). Weak comparison, as §13.1.2 wants.
bool is_known_to_client(const Request& request, std::string_view etag);
Response not_modified(std::string etag);

// For changes to what somebody else may have changed: 428 where If-Match is missing, 412 where it
// names another version.
Permission require_if_match(const Request& request, std::string_view etag);

std::string repr_digest(const common::Digest& digest);  // sha-256=:<base64>:

// `attachment; filename="..."; filename*=UTF-8''...`. The name may be anything a stranger wrote:
// path separators, control characters and bidirectional overrides do not come through.
std::string content_disposition(std::string_view kind, std::string_view name);

struct ImmutableBytes {
  common::Digest digest;  // SHA-256 of the whole
  std::uint64_t size = 0;
  std::string content_type = "application/octet-stream";
  std::string disposition;  // empty: no such header
};

// Writes `size` bytes from `offset` on into the sink.
using ReadRange =
    std::function<common::Status(std::uint64_t offset, std::uint64_t size, const Sink& sink)>;

// 200, 206, 304 or 416, with ETag, Repr-Digest, Accept-Ranges and a Cache-Control that lets a
// browser keep them and makes it ask each time. Several ranges at once are not served: the header
// is ignored, as §14.2 allows.
Answer immutable_bytes(const Request& request, const ImmutableBytes& bytes, ReadRange read);

}  // namespace mailkeep::api
