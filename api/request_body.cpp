// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/request_body_internal.h"

#include <algorithm>

namespace mailkeep::api {

namespace {

constexpr std::size_t kMaxChunkLine = 256;  // size and extensions, which mean nothing to us
constexpr std::size_t kMaxSizeDigits = 8;
constexpr std::size_t kMaxTrailer = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

tl::unexpected<Problem> too_large(std::uint64_t max_bytes) {
  return refuse("content-too-large", "the body may have {} bytes here", max_bytes);
}

}  // namespace

Permission check_announced_length(const RequestHead& head, std::uint64_t max_bytes) {
  if (head.content_length.value_or(0) > max_bytes) return too_large(max_bytes);
  return {};
}

BodyReader::BodyReader(const RequestHead& head, std::uint64_t max_bytes)
    : state_(head.is_chunked   ? State::ChunkLine
             : head.has_body() ? State::Data
                               : State::Done),
      is_chunked_(head.is_chunked),
      max_bytes_(max_bytes),
      left_(head.content_length.value_or(0)) {}

tl::expected<std::size_t, Problem> BodyReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != State::Done) {
    if (state_ == State::Data) {
      MAILKEEP_TRY(count, feed_data(bytes.substr(taken)));
      taken += count;
    } else {
      MAILKEEP_CHECKED(feed_line(bytes[taken++]));
    }
  }
  return taken;
}

tl::expected<std::size_t, Problem> BodyReader::feed_data(std::string_view bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  if (body_.size() + count > max_bytes_) return too_large(max_bytes_);
  body_.append(bytes.substr(0, count));  // grows by what has arrived, not by what was announced
  left_ -= count;
  if (left_ == 0) state_ = is_chunked_ ? State::DataEnd : State::Done;
  return count;
}

Permission BodyReader::feed_line(char c) {
  if (has_cr_) {
    if (c != '\n') return refuse("bad-request", "a line of the chunked body ends in CR alone");
    has_cr_ = false;
    return end_line();
  }
  if (c == '\r') {
    has_cr_ = true;
    return {};
  }
  const bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  if (is_control || state_ == State::DataEnd) {
    return refuse("bad-request", "the chunked body breaks its own framing");
  }
  if (state_ == State::Trailer && ++trailer_bytes_ > kMaxTrailer) {
    return refuse("headers-too-large", "the trailer may have {} bytes", kMaxTrailer);
  }
  line_ += c;
  if (state_ == State::ChunkLine && line_.size() > kMaxChunkLine) {
    return refuse("bad-request", "a chunk's size may have {} bytes with its extensions",
                  kMaxChunkLine);
  }
  return {};
}

Permission BodyReader::end_line() {
  if (state_ == State::DataEnd) {
    state_ = State::ChunkLine;
    return {};
  }
  if (state_ == State::ChunkLine) return begin_chunk();
  // Trailers (§7.1.2) mean nothing here. They are bounded and dropped.
  if (line_.empty()) {
    state_ = State::Done;
  } else if (line_.find(':') == std::string::npos || line_.front() == ' ' ||
             line_.front() == '\t') {
    return refuse("bad-request", "the trailer holds a line that is no field");
  }
  line_.clear();
  return {};
}

Permission BodyReader::begin_chunk() {
  const std::string line = std::exchange(line_, {});
  const std::size_t digits = std::min(line.find(';'), line.size());
  if (digits == 0 || digits > kMaxSizeDigits) {
    return refuse("bad-request", "a chunk does not begin with its size");
  }
  left_ = 0;
  for (const char c : std::string_view(line).substr(0, digits)) {
    const int value = hex_value(c);
    if (value < 0) return refuse("bad-request", "a chunk does not begin with its size");
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
  }
  if (left_ > max_bytes_ - body_.size()) return too_large(max_bytes_);
  state_ = left_ == 0 ? State::Trailer : State::Data;
  return {};
}

}  // namespace mailkeep::api
