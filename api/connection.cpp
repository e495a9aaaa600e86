// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/connection_internal.h"

#include <poll.h>

#include <algorithm>
#include <array>

#include "api/response_head_internal.h"
#include "common/digest.h"
#include "common/encoding.h"
#include "common/log.h"

namespace mailkeep::api {

using common::Deadline;
using common::ErrorKind;
using common::LogLevel;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kReadBytes = std::size_t{32} << 10U;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;  // of a stream, in one write
// How much of what nobody wants is still read, so that the client gets to read the answer. A
// client that sends 100 MB before it looks shall see its 413.
constexpr std::uint64_t kDrainBytes = std::uint64_t{128} << 20U;
constexpr std::uint64_t kDrainStep = std::uint64_t{4} << 20U;
// A client that sends request after request without waiting has the thread for so many.
constexpr int kServedAtOnce = 64;
// What is smaller is not counted, so that a refusal always finds room.
constexpr std::uint64_t kLargeAnswer = std::uint64_t{64} << 10U;
constexpr auto kDrainTime = 2s;
constexpr auto kDrainBodyTime = 10s;

common::Status write_body(const BodyWriter& write, const Sink& sink) {
  try {
    return write(sink);
  } catch (const std::exception& fault) {
    return common::fail(ErrorKind::Corrupt, "{}", fault.what());
  }
}

// One record in a log is short, whatever a client sends.
std::string_view shown(std::string_view path) { return path.substr(0, 500); }

std::string new_request_id() { return common::to_hex(common::random_bytes(8)); }

}  // namespace

Connection::Connection(std::unique_ptr<net::ServerConnection> line, Service& service)
    : line_(std::move(line)),
      service_(service),
      until_(Deadline::in(service.options.limits.header_time)),
      head_reader_(service.options.limits),
      pace_(service.options.limits.window, service.options.limits.bytes_per_second) {}

Connection::~Connection() {
  service_.body_memory.give_back(charged_);
  service_.answer_memory.give_back(held_);
}

Wait Connection::first_wait() const { return {POLLIN, until_, true, false}; }

std::optional<Wait> Connection::wait() const {
  const Deadline until = state_ == State::Body ? earlier(until_, pace_.until()) : until_;
  return Wait{blocked_on_, until, state_ == State::Head, state_ == State::Drain};
}

std::optional<Wait> Connection::advance() {
  served_at_once_ = 0;
  for (;;) {
    switch (step()) {
      case Step::GoOn:
        break;
      case Step::Block:
        return wait();
      case Step::Close:
        return std::nullopt;
    }
  }
}

Connection::Step Connection::step() {
  switch (state_) {
    case State::Head:
      return read_head();
    case State::Body:
      return read_body();
    case State::Write:
      return write_response();
    case State::Drain:
      break;
  }
  return drain();
}

std::optional<Wait> Connection::expire() {
  switch (state_) {
    case State::Head:
      if (!head_reader_.has_begun()) return std::nullopt;
      respond(make_problem("request-timeout", "the header block did not arrive in time"));
      return advance();
    case State::Body:
    case State::Write:
      return advance();  // which looks at the pace
    case State::Drain:
      break;
  }
  return std::nullopt;
}

std::optional<Wait> Connection::refuse_for_load() {
  if (state_ != State::Head) return std::nullopt;
  ++service_.refused;
  // What has arrived is read, because a close over unread bytes would take the answer with it.
  if (fill_input() == Step::Close) return std::nullopt;
  Problem problem = make_problem("overloaded", "all threads are taken; try again in 2 seconds");
  problem.headers.emplace_back("Retry-After", "2");
  respond(problem);
  return advance();
}

Connection::Step Connection::fill_input() {
  std::array<char, kReadBytes> buffer;  // NOLINT: filled by the read
  auto got = line_->read(buffer.data(), buffer.size());
  if (!got || got->is_end) return Step::Close;
  if (got->bytes == 0) {
    blocked_on_ = got->events;
    return Step::Block;
  }
  input_.append(buffer.data(), got->bytes);
  return Step::GoOn;
}

Connection::Step Connection::read_head() {
  if (served_at_once_ == kServedAtOnce) {
    blocked_on_ = POLLOUT;  // that is, after the others
    return Step::Block;
  }
  if (input_.empty()) {
    const Step filled = fill_input();
    if (filled != Step::GoOn) return filled;
  }
  if (!head_reader_.has_begun()) {
    until_ = Deadline::in(service_.options.limits.header_time);
    started_ = std::chrono::steady_clock::now();
  }
  const auto taken = head_reader_.feed(input_);
  if (!taken) {
    respond(taken.error());
    return Step::GoOn;
  }
  input_.erase(0, *taken);
  if (!head_reader_.is_complete()) return Step::GoOn;
  auto head = head_reader_.take();
  if (head) {
    begin_request(std::move(*head));
  } else {
    respond(head.error());
  }
  return Step::GoOn;
}

void Connection::begin_request(RequestHead head) {
  head_ = std::move(head);
  Request& request = head_.request;
  request.id = new_request_id();
  request.peer = line_->peer();
  request.is_tls = line_->is_tls();
  request.stop = service_.stop.get_token();
  has_unread_body_ = head_.has_body();
  const bool is_anonymous = head_.is_http_1_0 && head_.host.empty();  // no browser
  if (!is_anonymous && !service_.hosts.is_ours(head_.host)) {
    is_last_ = true;
    return respond(make_problem("misdirected-request",
                                "the Host header names another host; use the service's own "
                                "address, or have its operator allow this name"));
  }
  const auto max_bytes = service_.app.admit(request);
  if (!max_bytes) return respond(max_bytes.error());
  if (auto fits = check_announced_length(head_, *max_bytes); !fits) return respond(fits.error());
  body_reader_ = BodyReader(head_, *max_bytes);
  if (body_reader_.is_complete()) return run_handler();
  if (head_.expects_continue && input_.empty() && !invite_body()) {
    is_last_ = true;
    return leave();
  }
  state_ = State::Body;
  until_ = Deadline::in(service_.options.limits.body_time);
  pace_ = Pace(service_.options.limits.window, service_.options.limits.bytes_per_second);
}

// RFC 9110 §10.1.1. So few bytes fit into any buffer.
bool Connection::invite_body() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto sent = line_->write(kContinue);
  return sent && sent->bytes == kContinue.size();
}

Connection::Step Connection::read_body() {
  const bool is_late = until_.has_passed() || pace_.is_too_slow(body_reader_.body().size());
  if (is_late) {
    respond(make_problem("request-timeout", "the body came too slowly"));
    return Step::GoOn;
  }
  if (input_.empty()) {
    const Step filled = fill_input();
    if (filled != Step::GoOn) return filled;
  }
  const auto taken = body_reader_.feed(input_);
  if (!taken) {
    respond(taken.error());
    return Step::GoOn;
  }
  input_.erase(0, *taken);
  if (auto charged = charge_body(); !charged) {
    respond(charged.error());
  } else if (body_reader_.is_complete()) {
    run_handler();
  }
  return Step::GoOn;
}

Permission Connection::charge_body() {
  const std::uint64_t more = body_reader_.body().size() - charged_;
  if (service_.body_memory.take(more)) {
    charged_ += more;
    return {};
  }
  ++service_.refused;
  Problem problem = make_problem("overloaded", "too many large requests at one time; try again");
  problem.headers.emplace_back("Retry-After", "5");
  return tl::unexpected(std::move(problem));
}

void Connection::run_handler() {
  has_unread_body_ = false;
  head_.request.body = body_reader_.take();
  auto answer = ask_handler();
  head_.request.body = {};
  service_.body_memory.give_back(std::exchange(charged_, 0));
  if (answer) {
    respond(std::move(*answer));
  } else {
    respond(answer.error());
  }
}

Answer Connection::ask_handler() {
  try {
    return service_.app.handle(head_.request);
  } catch (const std::exception& fault) {
    // A library's exception that its room let slip: one request fails, not the service.
    Problem problem = make_problem("internal-error", "tell the operator the value of instance");
    problem.internal = fault.what();
    return tl::unexpected(std::move(problem));
  }
}

void Connection::respond(const Problem& problem) {
  Request& request = head_.request;
  // Without a whole header block there is no request that could be told about.
  if (state_ == State::Head && request.id.empty()) request.id = new_request_id();
  if (problem.status >= 500 && !(problem.internal.empty() && problem.status == 503)) {
    common::log(LogLevel::Error, "http.request.failed",
                {{"id", request.id},
                 {"path", shown(request.path)},
                 {"code", problem.code},
                 {"detail", problem.internal.empty() ? problem.detail : problem.internal}});
  }
  // After a refusal in the middle of a request nobody knows where the next one begins.
  if (state_ == State::Body || has_unread_body_ || request.path.empty()) {
    is_last_ = true;
    has_unread_body_ = true;
  }
  respond(problem_response(problem, request.id));
}

void Connection::respond(Response response) {
  if (!has_sound_headers(response)) {
    return respond(make_problem("internal-error", "a header of the answer cannot be sent"));
  }
  const bool is_head = head_.request.method == Method::Head;
  const bool has_body = may_have_body(response.status) && !is_head;
  is_last_ = is_last_ || head_.wants_close || service_.is_stopping;
  if (const auto room = take_room_for(response, has_body); !room) return respond(room.error());
  ++service_.requests;
  output_ = response_head(response, {head_.request.id, line_->is_tls(), is_last_});
  if (has_body && !response.stream) output_ += response.body;
  response.body = {};
  if (!has_body) response.stream = nullptr;
  response_ = std::move(response);
  written_ = 0;
  total_written_ = 0;
  pace_ = Pace(service_.options.limits.window, service_.options.limits.bytes_per_second);
  state_ = State::Write;
}

// A client that reads slowly keeps its answer in memory for as long.
Permission Connection::take_room_for(const Response& response, bool has_body) {
  if (!has_body) return {};
  const std::uint64_t bytes = response.body.size() + response.stream_memory;
  const std::uint64_t counted = bytes < kLargeAnswer ? 0 : bytes;
  if (service_.answer_memory.take(counted)) {
    held_ = counted;
    if (!response.stream || service_.streams.take(1)) return {};
    service_.answer_memory.give_back(std::exchange(held_, 0));
  }
  ++service_.refused;
  Problem problem = make_problem("overloaded", "too many downloads at one time; try again");
  problem.headers.emplace_back("Retry-After", "5");
  return tl::unexpected(std::move(problem));
}

std::uint64_t Connection::confirmed() const {
  return total_written_ - std::min<std::uint64_t>(total_written_, line_->unconfirmed());
}

Connection::Step Connection::write_response() {
  if (response_.stream) return stream_response();
  while (written_ < output_.size()) {
    const auto sent = line_->write(std::string_view(output_).substr(written_));
    if (!sent) return Step::Close;
    written_ += sent->bytes;
    total_written_ += sent->bytes;
    if (sent->bytes > 0) continue;
    if (pace_.is_too_slow(confirmed())) return Step::Close;
    blocked_on_ = sent->events;
    until_ = pace_.until();
    return Step::Block;
  }
  return finish_response();
}

// Waits for the client, but only as long as it keeps pace.
common::Status Connection::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    if (service_.stop.stop_requested()) return common::fail(ErrorKind::Cancelled, "stopped");
    MAILKEEP_TRY(sent, line_->write(bytes));
    bytes.remove_prefix(sent.bytes);
    total_written_ += sent.bytes;
    if (sent.bytes > 0) continue;
    if (pace_.is_too_slow(confirmed())) {
      return common::fail(ErrorKind::Timeout, "the client reads too slowly");
    }
    pollfd waiting{line_->socket(), sent.events, 0};
    ::poll(&waiting, 1, static_cast<int>(pace_.until().left().count()) + 1);
  }
  return {};
}

Connection::Step Connection::stream_response() {
  const std::uint64_t size = body_size(response_);
  std::uint64_t count = 0;
  bool is_client_gone = false;
  const auto send = [&](std::string_view bytes) -> common::Status {
    auto sent = send_all(bytes);
    is_client_gone = !sent;
    return sent;
  };
  const Sink sink = [&](std::string_view piece) -> common::Status {
    count += piece.size();
    if (count > size) return common::fail(ErrorKind::Corrupt, "the body is longer than announced");
    if (output_.size() + piece.size() < kPieceBytes) {
      output_ += piece;
      return {};
    }
    MAILKEEP_CHECKED(send(output_));
    output_.clear();
    return send(piece);
  };
  auto done = write_body(std::exchange(response_.stream, nullptr), sink);
  if (done && count == size) done = send(output_);
  service_.streams.give_back(1);
  if (done && count == size) {
    output_.clear();
    return finish_response();
  }
  if (!is_client_gone) {
    common::log(LogLevel::Error, "http.response.broken_off",
                {{"id", head_.request.id},
                 {"path", shown(head_.request.path)},
                 {"detail", done ? "the body is shorter than announced" : done.error().text}});
  }
  return Step::Close;  // with fewer bytes than were announced: nobody takes them for the whole
}

Connection::Step Connection::finish_response() {
  const auto span = std::chrono::steady_clock::now() - started_;
  common::log(LogLevel::Info, "http.request.answered",
              {{"id", head_.request.id},
               {"peer", line_->peer()},
               {"method", name_of(head_.request.method)},
               {"path", shown(head_.request.path)},
               {"status", response_.status},
               {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(span).count()}});
  output_ = {};
  response_ = {};
  service_.answer_memory.give_back(std::exchange(held_, 0));
  if (is_last_) {
    leave();
    return Step::GoOn;
  }
  head_ = {};
  ++served_at_once_;
  state_ = State::Head;
  until_ = Deadline::in(service_.options.limits.idle_time);
  return Step::GoOn;
}

// RFC 9112 §9.6: closes in stages, so that the answer is not lost to a reset.
void Connection::leave() {
  line_->end_output();
  input_ = {};
  state_ = State::Drain;
  until_ = Deadline::in(has_unread_body_ ? kDrainBodyTime : kDrainTime);
}

Connection::Step Connection::drain() {
  if (until_.has_passed()) return Step::Close;
  const std::uint64_t pause = drained_ + kDrainStep;
  while (drained_ < pause) {
    const Step filled = fill_input();
    if (filled != Step::GoOn) return filled;
    drained_ += input_.size();
    input_.clear();
    if (drained_ > kDrainBytes) return Step::Close;
  }
  blocked_on_ = POLLIN;  // others first
  return Step::Block;
}

}  // namespace mailkeep::api
