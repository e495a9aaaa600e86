// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "common/printable.h"
#include "net/channel_internal.h"
#include "net/connect_internal.h"
#include "net/wait_internal.h"

namespace mailkeep::net {

using common::Deadline;
using common::ErrorKind;

namespace {

// Large enough that a fast server costs few calls a megabyte, small enough for many connections.
constexpr std::size_t kBufferBytes = 128U << 10U;

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int socket) : socket_(socket) {}

  common::Result<IoStep> read(char* data, std::size_t size) override {
    const ssize_t count = ::recv(socket_, data, size, 0);
    if (count == 0) return IoStep{0, 0, true};
    return step(count, POLLIN);
  }

  common::Result<IoStep> write(std::string_view bytes) override {
    return step(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), POLLOUT);
  }

  std::string description() const override { return "no TLS"; }

 private:
  static common::Result<IoStep> step(ssize_t count, short events) {
    if (count >= 0) return IoStep{static_cast<std::size_t>(count), 0, false};
    if (errno == EAGAIN || errno == EINTR) return IoStep{0, events, false};
    return common::fail(ErrorKind::Network, "the connection was lost: {}",
                        std::generic_category().message(errno));
  }

  int socket_;
};

}  // namespace

std::unique_ptr<Channel> make_plain_channel(int socket) {
  return std::make_unique<PlainChannel>(socket);
}

common::Result<std::unique_ptr<ByteStream>> ByteStream::connect(const Endpoint& endpoint,
                                                                const Patience& patience,
                                                                std::stop_token stop) {
  auto waiter = std::make_unique<Waiter>(std::move(stop));
  MAILKEEP_TRY(socket, connect_socket(endpoint, Deadline::in(patience.connect), *waiter));
  return std::unique_ptr<ByteStream>(new ByteStream(socket, endpoint, patience, std::move(waiter)));
}

ByteStream::ByteStream(int socket, const Endpoint& endpoint, const Patience& patience,
                       std::unique_ptr<Waiter> waiter)
    : socket_(socket),
      endpoint_(endpoint),
      patience_(patience),
      waiter_(std::move(waiter)),
      channel_(make_plain_channel(socket)),
      buffer_(kBufferBytes, '\0') {}

ByteStream::~ByteStream() {
  channel_.reset();
  ::close(socket_);
}

common::Status ByteStream::start_tls(const std::string& ca_file) {
  char byte = 0;
  // No server may speak between its consent and our ClientHello, so a byte that waits in the kernel
  // is as suspicious as one that was read already.
  const bool is_waiting = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  if (begin_ != end_ || is_waiting) {
    return common::fail(ErrorKind::Tls,
                        "{} sent data before TLS was set up, as an attacker on the line would; "
                        "the connection was dropped",
                        common::printable(endpoint_.host));
  }
  Deadline deadline = Deadline::in(patience_.tls);
  if (limit_) deadline = earlier(deadline, *limit_);
  MAILKEEP_TRY(channel, make_tls_channel(socket_, endpoint_.host, ca_file, *waiter_, deadline));
  channel_ = std::move(channel);
  is_encrypted_ = true;
  return {};
}

std::string ByteStream::description() const { return channel_->description(); }

common::Result<std::string_view> ByteStream::read_line(std::size_t max_bytes) {
  std::size_t searched = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const void* found = std::memchr(from + searched, '\n', end_ - begin_ - searched);
    searched = end_ - begin_;
    const auto length = found != nullptr
                            ? static_cast<std::size_t>(static_cast<const char*>(found) - from)
                            : searched;
    const bool has_cr = found != nullptr && length > 0 && from[length - 1] == '\r';
    // A CR at the end of what has arrived may belong to the line's end: one byte of grace.
    if (length - (has_cr ? 1U : 0U) > max_bytes + (found == nullptr ? 1U : 0U)) {
      return common::fail(ErrorKind::Limit, "the server sent a line of more than {} bytes",
                          max_bytes);
    }
    if (found != nullptr) {
      begin_ += length + 1;
      line_had_cr_ = has_cr;
      return std::string_view(from, length - (has_cr ? 1U : 0U));
    }
    MAILKEEP_CHECKED(fill());
  }
}

common::Status ByteStream::read_exact(std::uint64_t count, const Sink& sink) {
  while (count > 0) {
    MAILKEEP_TRY(bytes, peek());
    const auto piece =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(count, bytes.size())));
    MAILKEEP_CHECKED(sink(piece));
    consume(piece.size());
    count -= piece.size();
  }
  return {};
}

common::Result<std::string_view> ByteStream::peek() {
  if (begin_ == end_) MAILKEEP_CHECKED(fill());
  return std::string_view(buffer_).substr(begin_, end_ - begin_);
}

common::Result<bool> ByteStream::wait_readable(Deadline deadline) {
  if (begin_ != end_) return true;
  make_room();
  for (;;) {
    MAILKEEP_CHECKED(waiter_->check_stop());
    MAILKEEP_TRY(step, channel_->read(buffer_.data() + end_, buffer_.size() - end_));
    if (step.is_end) return common::fail(ErrorKind::Network, "the server closed the connection");
    end_ += step.bytes;
    if (step.bytes > 0) return true;
    MAILKEEP_TRY(ready, waiter_->wait(socket_, step.events, deadline));
    if (!ready) return false;
  }
}

common::Status ByteStream::write(std::string_view bytes) {
  waited_ = {};
  received_ = 0;
  while (!bytes.empty()) {
    MAILKEEP_CHECKED(waiter_->check_stop());
    MAILKEEP_TRY(step, channel_->write(bytes));
    bytes.remove_prefix(step.bytes);
    if (step.bytes == 0) {
      MAILKEEP_CHECKED(wait(step.events, Deadline::in(patience_.silence)));
    }
  }
  return {};
}

common::Status ByteStream::fill() {
  make_room();
  const Deadline silence = Deadline::in(patience_.silence);
  for (;;) {
    MAILKEEP_CHECKED(waiter_->check_stop());
    MAILKEEP_TRY(step, channel_->read(buffer_.data() + end_, buffer_.size() - end_));
    if (step.is_end) return common::fail(ErrorKind::Network, "the server closed the connection");
    if (step.bytes > 0) {
      end_ += step.bytes;
      received_ += step.bytes;
      return {};
    }
    MAILKEEP_CHECKED(wait(step.events, silence));
  }
}

void ByteStream::make_room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kBufferBytes) {  // after a very long line: give the memory back
      buffer_.assign(kBufferBytes, '\0');
      buffer_.shrink_to_fit();
    }
    return;
  }
  if (end_ < buffer_.size()) return;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  } else {
    // Grows by what has arrived, never by what was announced; read_line sets the limit.
    buffer_.resize(buffer_.size() * 2);
  }
}

// Only time spent in here counts against the server: not the time we take to store what it sent.
common::Status ByteStream::wait(short events, Deadline silence) {
  Deadline deadline = silence;
  if (limit_) deadline = earlier(deadline, *limit_);
  const auto window_left =
      std::chrono::duration_cast<std::chrono::milliseconds>(patience_.floor_window - waited_);
  const auto began = Deadline::SteadyClock::now();
  auto ready = waiter_->wait(socket_, events, earlier(deadline, Deadline::in(window_left)));
  waited_ += Deadline::SteadyClock::now() - began;
  if (!ready) return tl::unexpected(std::move(ready).error());
  if (waited_ >= patience_.floor_window) {
    MAILKEEP_CHECKED(check_floor());
    waited_ = {};
    received_ = 0;
  }
  if (!*ready && deadline.has_passed()) {
    return common::fail(ErrorKind::Timeout, "{} did not answer in time; try again later",
                        common::printable(endpoint_.host));
  }
  return {};
}

common::Status ByteStream::check_floor() const {
  const auto seconds = std::chrono::duration<double>(patience_.floor_window).count();
  const auto floor = static_cast<double>(patience_.floor_bytes_per_second) * seconds;
  if (static_cast<double>(received_) >= floor) return {};
  return common::fail(ErrorKind::Timeout, "{} sends less than {} bytes a second; try again later",
                      common::printable(endpoint_.host), patience_.floor_bytes_per_second);
}

}  // namespace mailkeep::net
