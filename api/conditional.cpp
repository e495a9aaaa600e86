// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/conditional.h"

#include <algorithm>

#include "api/range_internal.h"
#include "common/encoding.h"

namespace mailkeep::api {

namespace {

// The bytes never change, but who may read them does, and each reading is recorded: a browser may
// keep them, and asks each time.
constexpr const char* kAskAgain = "private, no-cache";

enum class Comparison { Strong, Weak };  // RFC 9110 §8.8.3.2

// Whether a list of entity tags, or "*", names this one. What is no list names nothing.
bool names_tag(std::string_view list, std::string_view etag, Comparison comparison) {
  if (list == "*") return true;
  while (!list.empty()) {
    const auto start = list.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    list.remove_prefix(start);
    const bool is_weak = list.starts_with("W/");
    if (is_weak) list.remove_prefix(2);
    if (!list.starts_with('"')) return false;
    const auto end = list.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == etag && (!is_weak || comparison == Comparison::Weak)) {
      return true;
    }
    list.remove_prefix(end + 1);
  }
  return false;
}

Problem not_satisfiable(std::uint64_t size) {
  Problem problem = make_problem("range-not-satisfiable",
                                 fmt::format("there are {} bytes; ask for a range of them", size));
  problem.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  return problem;
}

RangeWish wish_of(const Request& request, std::uint64_t size, std::string_view etag) {
  const std::string* range = request.headers.find("range");
  if (range == nullptr || request.method != Method::Get) return {};
  const std::string* condition = request.headers.find("if-range");
  if (condition != nullptr && *condition != etag) return {};
  return parse_range(*range, size);
}

}  // namespace

std::string etag_of(const common::Digest& digest) { return "\"sha256-" + digest.hex() + "\""; }

std::string etag_of_version(std::string_view version) { return fmt::format("\"{}\"", version); }

bool is_known_to_client(const Request& request, std::string_view etag) {
  const std::string* known = request.headers.find("if-none-match");
  return known != nullptr && names_tag(*known, etag, Comparison::Weak);
}

Response not_modified(std::string etag) {
  Response response = empty_response(304);
  add_header(response, "ETag", std::move(etag));
  return response;
}

Permission require_if_match(const Request& request, std::string_view etag) {
  const std::string* wanted = request.headers.find("if-match");
  if (wanted == nullptr) {
    return refuse("precondition-required",
                  "read it first, then send its ETag with the change as If-Match");
  }
  if (!names_tag(*wanted, etag, Comparison::Strong)) {
    return refuse("precondition-failed",
                  "it was changed since you read it; read it again and repeat the change");
  }
  return {};
}

std::string repr_digest(const common::Digest& digest) {
  return "sha-256=:" + common::to_base64(digest.view()) + ":";
}

Answer immutable_bytes(const Request& request, const ImmutableBytes& bytes, ReadRange read) {
  const std::string etag = etag_of(bytes.digest);
  const std::string* wanted = request.headers.find("if-match");
  if (wanted != nullptr && !names_tag(*wanted, etag, Comparison::Strong)) {
    return refuse("precondition-failed", "If-Match names other bytes than these");
  }
  if (is_known_to_client(request, etag)) {
    Response response = not_modified(etag);
    set_header(response, "Cache-Control", kAskAgain);
    return response;
  }
  const RangeWish wish = wish_of(request, bytes.size, etag);
  if (wish.is_outside) return tl::unexpected(not_satisfiable(bytes.size));

  const ByteRange range = wish.range.value_or(ByteRange{0, bytes.size});
  Response response;
  response.status = wish.range ? 206 : 200;
  response.stream_size = range.size;
  response.stream = [read = std::move(read), range](const Sink& sink) {
    return read(range.first, range.size, sink);
  };
  set_header(response, "Content-Type", bytes.content_type);
  if (!bytes.disposition.empty()) set_header(response, "Content-Disposition", bytes.disposition);
  set_header(response, "ETag", etag);
  set_header(response, "Repr-Digest", repr_digest(bytes.digest));
  set_header(response, "Accept-Ranges", "bytes");
  set_header(response, "Cache-Control", kAskAgain);
  if (wish.range) {
    set_header(
        response, "Content-Range",
        fmt::format("bytes {}-{}/{}", range.first, range.first + range.size - 1, bytes.size));
  }
  return response;
}

}  // namespace mailkeep::api
