// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Connection: one client, request after request, as a machine that goes on when it is told that
// its socket is ready. Only a streamed response waits inside; all else gives its thread back.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/pace_internal.h"
#include "api/request_body_internal.h"
#include "api/request_head_internal.h"
#include "api/response.h"
#include "api/service_internal.h"
#include "common/deadline.h"
#include "net/listener.h"

namespace mailkeep::api {

// What a connection waits for before it can go on.
struct Wait {
  short events = 0;  // poll(2)
  common::Deadline until;
  bool is_idle = false;     // no whole header block is there: may be closed for others' sake
  bool is_leaving = false;  // the response is out, nothing more is expected
};

// One thread at a time.
class Connection {
 public:
  Connection(std::unique_ptr<net::ServerConnection> line, Service& service);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The three return what to wait for next; nothing means that the connection is to be closed.
  std::optional<Wait> advance();          // the socket is ready
  std::optional<Wait> expire();           // the time of the last Wait has passed
  std::optional<Wait> refuse_for_load();  // there is no thread for it

  Wait first_wait() const;
  int socket() const { return line_->socket(); }
  void cut() const { line_->cut(); }  // any thread

 private:
  enum class State { Head, Body, Write, Drain };
  enum class Step { GoOn, Block, Close };

  Step step();
  Step read_head();
  Step read_body();
  Step write_response();
  Step drain();
  Step fill_input();

  std::optional<Wait> wait() const;
  void begin_request(RequestHead head);
  Permission charge_body();
  bool invite_body();
  void run_handler();
  Answer ask_handler();
  void respond(const Problem& problem);
  void respond(Response response);
  Permission take_room_for(const Response& response, bool has_body);
  Step stream_response();
  common::Status send_all(std::string_view bytes);
  Step finish_response();
  void leave();
  std::uint64_t confirmed() const;

  std::unique_ptr<net::ServerConnection> line_;
  Service& service_;
  State state_ = State::Head;
  short blocked_on_ = 0;  // poll(2)
  common::Deadline until_;
  std::string input_;  // read and not yet understood
  int served_at_once_ = 0;

  HeadReader head_reader_;
  RequestHead head_;
  BodyReader body_reader_;
  std::uint64_t charged_ = 0;  // of the body memory
  std::uint64_t held_ = 0;     // of the answer memory
  Pace pace_;
  std::chrono::steady_clock::time_point started_;

  Response response_;
  std::string output_;
  std::size_t written_ = 0;          // of output_
  std::uint64_t total_written_ = 0;  // of this response
  bool is_last_ = false;
  bool has_unread_body_ = false;
  std::uint64_t drained_ = 0;
};

}  // namespace mailkeep::api
