// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/printable.h"
#include "net/secret.h"

namespace mailkeep::fetcher::imap {

using common::ErrorKind;

namespace {

constexpr std::size_t kSaidBytes = 200;  // of a stranger's text in one of our sentences

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    if (equals_ignoring_case(text.substr(i, word.size()), word)) return true;
  }
  return false;
}

}  // namespace

std::string said(const StatusLine& line) {
  const std::string_view text = line.text.empty() ? std::string_view(line.code) : line.text;
  return fmt::format("\"{}\"", common::printable(text.substr(0, kSaidBytes)));
}

bool asks_for_patience(const StatusLine& line) {
  static constexpr std::array<std::string_view, 3> kCodes{"LIMIT", "OVERQUOTA", "THROTTLED"};
  if (std::find(kCodes.begin(), kCodes.end(), line.code) != kCodes.end()) return true;
  static constexpr std::array<std::string_view, 5> kWords{
      "throttled", "rate limit", "bandwidth limit", "too many simultaneous",
      "maximum number of connections"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return contains_ignoring_case(line.text, word);
  });
}

Connection::Connection(std::unique_ptr<net::ByteStream> stream, const Limits& limits)
    : stream_(std::move(stream)), limits_(limits), reader_(*stream_, limits_) {}

common::Result<StatusLine> Connection::read_greeting() {
  MAILKEEP_TRY(response, next(nullptr));
  if (response.kind != Response::Kind::Status) {
    return tl::unexpected(broken({ErrorKind::Protocol, "the server did not greet as IMAP does"}));
  }
  if (response.status.code == "CAPABILITY") learn(response.status.arguments);
  return response.status;
}

common::Result<std::string> Connection::send(const Command& command) {
  std::string tag = make_tag();
  outstanding_.insert(tag);
  const auto& segments = command.segments();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool is_last = i + 1 == segments.size();
    std::string bytes =
        (i == 0 ? tag + " " : std::string()) + segments[i] + (is_last ? "\r\n" : "");
    auto status = stream_->write(bytes);
    net::zero(bytes);
    if (!status) return tl::unexpected(broken(std::move(status).error()));
    if (is_last) break;
    MAILKEEP_TRY(refusal, await_consent(tag));
    if (refusal) {
      outstanding_.insert(tag);
      completed_[tag] = *refusal;
      break;
    }
  }
  return tag;
}

common::Result<StatusLine> Connection::await(const std::string& tag, const DataHandler& on_data,
                                             BodyTarget* body, std::uint64_t expected) {
  if (const auto found = completed_.find(tag); found != completed_.end()) {
    const StatusLine line = found->second;
    completed_.erase(found);
    outstanding_.erase(tag);
    return line;
  }
  for (std::uint64_t seen = 0; seen <= limits_.stray_responses + expected; ++seen) {
    MAILKEEP_TRY(response, next(body));
    if (response.kind == Response::Kind::Continuation) {
      return tl::unexpected(
          broken({ErrorKind::Protocol, "the server asked for data nobody offered"}));
    }
    const bool is_news =
        response.kind == Response::Kind::Data || response.kind == Response::Kind::Status;
    if (is_news && on_data) {
      if (auto status = on_data(response); !status) {
        return tl::unexpected(broken(std::move(status).error()));
      }
    }
    MAILKEEP_TRY(line, settle(response, tag));
    if (line) return *line;
  }
  return tl::unexpected(
      broken({ErrorKind::Limit, "the server answered one command with a flood of responses"}));
}

common::Result<StatusLine> Connection::run(const Command& command, const DataHandler& on_data) {
  MAILKEEP_TRY(tag, send(command));
  return await(tag, on_data);
}

common::Result<std::optional<StatusLine>> Connection::await_consent(const std::string& tag) {
  for (std::uint64_t seen = 0; seen <= limits_.stray_responses; ++seen) {
    MAILKEEP_TRY(response, next(nullptr));
    if (response.kind == Response::Kind::Continuation) return std::optional<StatusLine>();
    MAILKEEP_TRY(line, settle(response, tag));
    if (line) return line;
  }
  return tl::unexpected(broken({ErrorKind::Limit, "the server sent a flood of responses"}));
}

common::Status Connection::write_line(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 2);
  bytes.append(line).append("\r\n");
  auto status = stream_->write(bytes);
  net::zero(bytes);
  if (!status) return tl::unexpected(broken(std::move(status).error()));
  return {};
}

bool Connection::offers(std::string_view capability) const {
  return capabilities_.find(capability) != capabilities_.end();
}

common::Status Connection::ask_capabilities() {
  forget_capabilities();
  MAILKEEP_CHECKED(run(command("CAPABILITY")));
  return {};
}

common::Result<Response> Connection::next(BodyTarget* body) {
  auto response = reader_.next(body);
  if (!response) return tl::unexpected(broken(std::move(response).error()));
  if (response->kind == Response::Kind::Data && response->name == "CAPABILITY") {
    for (const Token& token : response->tokens) learn(token.text);
  }
  return response;
}

// What a response means for the commands that are under way. A value: the awaited one has ended.
common::Result<std::optional<StatusLine>> Connection::settle(Response& response,
                                                             const std::string& tag) {
  if (response.kind == Response::Kind::Status && response.status.condition == Condition::Bye) {
    const auto kind =
        asks_for_patience(response.status) ? ErrorKind::Throttled : ErrorKind::Network;
    return tl::unexpected(
        broken({kind, fmt::format("the server ended the session: {}", said(response.status))}));
  }
  if (response.kind != Response::Kind::Tagged) return std::optional<StatusLine>();
  if (outstanding_.count(response.tag) == 0) {
    return tl::unexpected(
        broken({ErrorKind::Protocol, "the server answered a command that was not sent"}));
  }
  if (response.status.code == "CAPABILITY") learn(response.status.arguments);
  // Exchange says OK to a login it cannot carry out, and this to everything afterwards.
  if (contains_ignoring_case(response.status.text, "authenticated but not connected")) {
    return tl::unexpected(
        broken({ErrorKind::Auth,
                "the server took the password but gives no access to the mailbox; "
                "check the account's licence and permissions"}));
  }
  if (response.tag != tag) {
    completed_[response.tag] = std::move(response.status);
    return std::optional<StatusLine>();
  }
  outstanding_.erase(response.tag);
  return std::optional<StatusLine>(std::move(response.status));
}

// "LITERAL +" is "LITERAL+" with a space that some servers write.
void Connection::learn(std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    std::string word(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (word == "+" && offers("LITERAL")) word = "LITERAL+";
    if (!word.empty() && capabilities_.size() < limits_.nesting * 10) capabilities_.insert(word);
  }
}

common::Error Connection::broken(common::Error error) {
  is_broken_ = true;
  return error;
}

}  // namespace mailkeep::fetcher::imap
