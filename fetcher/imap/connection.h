// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Connection: commands out, responses in, each answer bound to its command by a tag that nobody can
// guess. Knows nothing of what the commands mean. Commands may be sent ahead (pipelined); answers
// to those that are not awaited yet are kept until they are.
//
// Not shared between threads. is_broken() tells after an error whether the connection can be used
// on.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/result.h"
#include "fetcher/imap/command.h"
#include "fetcher/imap/limits.h"
#include "fetcher/imap/response_reader.h"
#include "net/stream.h"

namespace mailkeep::fetcher::imap {

class Connection {
 public:
  using DataHandler = std::function<common::Status(Response&)>;

  Connection(std::unique_ptr<net::ByteStream> stream, const Limits& limits);

  common::Result<StatusLine> read_greeting();
  Command command(std::string_view text) const { return {text, offers("LITERAL+")}; }

  // Returns the tag. Waits only where the server must consent to a literal.
  common::Result<std::string> send(const Command& command);
  // The command's own OK, NO or BAD; BYE is an error. expected: responses it is meant to bring.
  common::Result<StatusLine> await(const std::string& tag, const DataHandler& on_data = {},
                                   BodyTarget* body = nullptr, std::uint64_t expected = 0);
  common::Result<StatusLine> run(const Command& command, const DataHandler& on_data = {});
  // Nothing when the server asks for more ("+"), else the command's end.
  common::Result<std::optional<StatusLine>> await_consent(const std::string& tag);
  common::Status write_line(std::string_view line);

  bool offers(std::string_view capability) const;
  bool knows_capabilities() const { return !capabilities_.empty(); }
  // What was learnt before TLS or before the login holds no longer.
  void forget_capabilities() { capabilities_.clear(); }
  common::Status ask_capabilities();

  net::ByteStream& stream() { return *stream_; }
  bool is_broken() const { return is_broken_; }

 private:
  common::Result<Response> next(BodyTarget* body);
  common::Result<std::optional<StatusLine>> settle(Response& response, const std::string& tag);
  void learn(std::string_view capabilities);
  common::Error broken(common::Error error);

  std::unique_ptr<net::ByteStream> stream_;
  Limits limits_;
  ResponseReader reader_;
  std::set<std::string, std::less<>> capabilities_;  // upper case
  std::set<std::string> outstanding_;
  std::map<std::string, StatusLine> completed_;  // outstanding, answered, not awaited yet
  bool is_broken_ = false;
};

// The server's own words, fit for an error text.
std::string said(const StatusLine& line);

// Whether the server asked for patience, in any of the forms that are in use (RFC 5530, and the
// words of Gmail, Yahoo and Exchange).
bool asks_for_patience(const StatusLine& line);

}  // namespace mailkeep::fetcher::imap
