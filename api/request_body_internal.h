// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// BodyReader: the body of a request, of announced length or in chunks (RFC 9112 §6 and §7).

#include <cstdint>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "api/request_head_internal.h"

namespace mailkeep::api {

class BodyReader {
 public:
  BodyReader() = default;
  BodyReader(const RequestHead& head, std::uint64_t max_bytes);

  // Takes bytes up to the body's end and returns how many. Problems: content-too-large,
  // bad-request; they are final.
  tl::expected<std::size_t, Problem> feed(std::string_view bytes);

  bool is_complete() const { return state_ == State::Done; }
  const std::string& body() const { return body_; }
  std::string take() { return std::move(body_); }

 private:
  enum class State { Data, DataEnd, ChunkLine, Trailer, Done };

  tl::expected<std::size_t, Problem> feed_data(std::string_view bytes);
  Permission feed_line(char c);  // chunk sizes, the ends of chunks, trailers
  Permission end_line();
  Permission begin_chunk();

  State state_ = State::Done;
  bool is_chunked_ = false;
  std::uint64_t max_bytes_ = 0;
  std::uint64_t left_ = 0;  // of the body or the chunk
  std::string line_;
  std::size_t trailer_bytes_ = 0;
  bool has_cr_ = false;
  std::string body_;
};

// Decided by the header block, before any of the body is read.
Permission check_announced_length(const RequestHead& head, std::uint64_t max_bytes);

}  // namespace mailkeep::api
