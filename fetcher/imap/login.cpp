// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/login.h"

#include <utility>

#include "common/check.h"
#include "common/printable.h"

namespace mailkeep::fetcher::imap {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

// Challenges that a server may send to a mechanism that has none, before we give up on it.
constexpr int kChallenges = 3;

Status secure(Connection& connection, const Server& server, const StepObserver& on_step);
Status identify(Connection& connection);
Status authenticate(Connection& connection, const Server& server);
Result<StatusLine> authenticate_plain(Connection& connection, const net::Credentials& credentials);
Result<StatusLine> login_command(Connection& connection, const net::Credentials& credentials);
Status judge(const StatusLine& line, const Server& server);

}  // namespace

Result<std::unique_ptr<Connection>> log_in(const Server& server, const Limits& limits,
                                           const StepObserver& on_step, std::stop_token stop) {
  MAILKEEP_TRY(stream, connect(server, on_step, std::move(stop)));
  auto connection = std::make_unique<Connection>(std::move(stream), limits);
  MAILKEEP_TRY(greeting, connection->read_greeting());
  if (greeting.condition == Condition::Preauth && server.tls == store::TlsMode::Starttls) {
    // STARTTLS is not allowed in this state (RFC 3501 §6.2.1): an attacker's way around TLS.
    return common::fail(ErrorKind::Tls,
                        "the server greets as if logged in already, which leaves no "
                        "way to TLS; the connection was dropped");
  }
  if (greeting.condition != Condition::Ok && greeting.condition != Condition::Preauth) {
    const auto kind = asks_for_patience(greeting) || greeting.code == "UNAVAILABLE"
                          ? ErrorKind::Throttled
                          : ErrorKind::Network;
    return common::fail(kind, "the server does not let anybody in: {}", said(greeting));
  }
  if (server.tls == store::TlsMode::Starttls) {
    MAILKEEP_CHECKED(secure(*connection, server, on_step));
  }
  if (!connection->knows_capabilities()) MAILKEEP_CHECKED(connection->ask_capabilities());
  MAILKEEP_CHECKED(identify(*connection));
  if (greeting.condition == Condition::Ok) {
    MAILKEEP_CHECKED(authenticate(*connection, server));
    MAILKEEP_CHECKED(identify(*connection));
  }
  if (on_step) on_step("login", fmt::format("as {}", common::printable(server.credentials.user)));
  connection->stream().limit_until(std::nullopt);
  return connection;
}

namespace {

Status secure(Connection& connection, const Server& server, const StepObserver& on_step) {
  if (!connection.knows_capabilities()) MAILKEEP_CHECKED(connection.ask_capabilities());
  if (!connection.offers("STARTTLS")) {
    return common::fail(ErrorKind::Tls,
                        "the server does not offer STARTTLS, which the account "
                        "requires; use imaps:// if it has a TLS port");
  }
  MAILKEEP_TRY(answer, connection.run(connection.command("STARTTLS")));
  if (answer.condition != Condition::Ok) {
    return common::fail(ErrorKind::Tls, "the server refuses STARTTLS, which the account requires");
  }
  MAILKEEP_CHECKED(connection.stream().start_tls(server.ca_file));
  // Order: what was said in clear is forgotten before anything is decided by it.
  connection.forget_capabilities();
  if (on_step) on_step("tls", connection.stream().description());
  return connection.ask_capabilities();
}

// RFC 2971. NetEase refuses every folder to a client that did not say who it is; no server may make
// anything of the answer, so it is not looked at.
Status identify(Connection& connection) {
  if (!connection.offers("ID")) return {};
  MAILKEEP_CHECKED(connection.run(connection.command("ID (\"name\" \"Mailkeep\")")));
  return {};
}

Status authenticate(Connection& connection, const Server& server) {
  if (server.tls != store::TlsMode::None) MAILKEEP_CHECK(connection.stream().is_encrypted());
  const bool has_plain = connection.offers("AUTH=PLAIN");
  const bool has_login = !connection.offers("LOGINDISABLED");
  if (!has_plain && !has_login) {
    return common::fail(ErrorKind::Auth, "the server offers no way to log in with a password{}",
                        connection.stream().is_encrypted() ? "" : " without TLS");
  }
  // Exchange knows DOMAIN\user and user/mailbox by LOGIN alone.
  const bool needs_login =
      has_login && server.credentials.user.find_first_of("\\/") != std::string::npos;
  // What was offered to a stranger is not what is offered to the user (Gmail, Dovecot).
  StatusLine answer;
  bool is_answered = false;
  if (has_plain && !needs_login) {
    MAILKEEP_TRY(line, authenticate_plain(connection, server.credentials));
    answer = line;
    // BAD: the mechanism is announced but not there. A refusal (NO) is final: asking again in other
    // words would only count as a second wrong password.
    is_answered = line.condition != Condition::Bad || !has_login || asks_for_patience(line);
  }
  if (!is_answered) {
    MAILKEEP_TRY(line, login_command(connection, server.credentials));
    answer = line;
  }
  MAILKEEP_CHECKED(judge(answer, server));
  if (answer.code != "CAPABILITY") return connection.ask_capabilities();
  return {};
}

Result<StatusLine> authenticate_plain(Connection& connection, const net::Credentials& credentials) {
  MAILKEEP_TRY(message, net::sasl_plain(credentials));
  Command command = connection.command("AUTHENTICATE PLAIN");
  const bool at_once = connection.offers("SASL-IR");  // RFC 4959: one round trip less
  if (at_once) command.text(" ").text(message.reveal());
  connection.forget_capabilities();
  MAILKEEP_TRY(tag, connection.send(command));
  bool is_sent = at_once;
  for (int i = 0; i < kChallenges; ++i) {
    MAILKEEP_TRY(line, connection.await_consent(tag));
    if (line) return *line;
    // A further challenge can only be an error report; an empty answer lets the server say NO.
    MAILKEEP_CHECKED(connection.write_line(is_sent ? "" : message.reveal()));
    is_sent = true;
  }
  return common::fail(ErrorKind::Protocol, "the server keeps asking after AUTHENTICATE PLAIN");
}

Result<StatusLine> login_command(Connection& connection, const net::Credentials& credentials) {
  Command command = connection.command("LOGIN ");
  MAILKEEP_CHECKED(command.string(credentials.user));
  command.text(" ");
  MAILKEEP_CHECKED(command.string(credentials.password.reveal()));
  connection.forget_capabilities();
  return connection.run(command);
}

// RFC 5530 tells a wrong password from a server that cannot say.
Status judge(const StatusLine& line, const Server& server) {
  if (line.condition == Condition::Ok) return {};
  const std::string words =
      reveals_password(line.text, server.credentials) ? "(it repeats the password)" : said(line);
  if (line.code == "INUSE" || line.code == "IN-USE") {
    return common::fail(ErrorKind::Busy, "the mailbox is in use: {}; try again later", words);
  }
  if (line.code == "UNAVAILABLE" || asks_for_patience(line)) {
    return common::fail(ErrorKind::Throttled,
                        "the server cannot let {} in now: {}; try again later",
                        common::printable(server.credentials.user), words);
  }
  return common::fail(ErrorKind::Auth,
                      "the server refused the login of {}: {}; check user name and "
                      "password",
                      common::printable(server.credentials.user), words);
}

}  // namespace

}  // namespace mailkeep::fetcher::imap
