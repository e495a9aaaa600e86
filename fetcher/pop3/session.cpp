// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/session.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/printable.h"
#include "fetcher/pop3/words.h"

namespace mailkeep::fetcher::pop3 {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kSaidBytes = 200;  // of a stranger's text in one of our sentences

std::string said(std::string_view text) {
  return fmt::format("\"{}\"", common::printable(text.substr(0, kSaidBytes)));
}

// RFC 2449 §8.1.1, RFC 3206.
ErrorKind kind_of(std::string_view code, ErrorKind otherwise) {
  if (code == "IN-USE") return ErrorKind::Busy;
  if (code == "LOGIN-DELAY" || code == "SYS/TEMP") return ErrorKind::Throttled;
  return otherwise;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const Server& server,
                                               const std::filesystem::path& data_dir,
                                               const Limits& limits, const StepObserver& on_step,
                                               std::stop_token stop, Manners* manners) {
  const bool asks_capa = manners == nullptr || !manners->capa_hangs;
  bool capa_failed = false;
  auto session = attempt(server, data_dir, limits, on_step, stop, asks_capa, capa_failed);
  if (session || !capa_failed || stop.stop_requested()) return session;
  session = attempt(server, data_dir, limits, on_step, stop, false, capa_failed);
  // A server that was down for a moment is not remembered as one that does not bear CAPA.
  if (session && manners != nullptr) manners->capa_hangs = true;
  return session;
}

Session::Session(std::unique_ptr<net::ByteStream> stream, std::filesystem::path data_dir,
                 const Limits& limits)
    : stream_(std::move(stream)), data_dir_(std::move(data_dir)), limits_(limits) {}

Result<std::unique_ptr<Session>> Session::attempt(const Server& server,
                                                  const std::filesystem::path& data_dir,
                                                  const Limits& limits, const StepObserver& on_step,
                                                  std::stop_token stop, bool asks_capa,
                                                  bool& capa_failed) {
  MAILKEEP_TRY(stream, connect(server, on_step, std::move(stop)));
  std::unique_ptr<Session> session(new Session(std::move(stream), data_dir, limits));
  MAILKEEP_CHECKED(session->greet());
  if (server.tls == store::TlsMode::Starttls) {
    MAILKEEP_CHECKED(session->secure(server, on_step, capa_failed, asks_capa));
  }
  if (asks_capa) MAILKEEP_CHECKED(session->ask_capabilities(server, capa_failed));
  MAILKEEP_CHECKED(session->authenticate(server));
  if (on_step) on_step("login", fmt::format("as {}", common::printable(server.credentials.user)));
  session->stream_->limit_until(std::nullopt);
  return session;
}

// The time stamp for APOP that a greeting may hold is not looked at: its MD5 protects nothing.
Status Session::greet() {
  MAILKEEP_TRY(greeting, read_answer());
  if (greeting.is_ok) return {};
  return common::fail(kind_of(greeting.code, ErrorKind::Network),
                      "the server does not let anybody in: {}", said(greeting.text));
}

Status Session::secure(const Server& server, const StepObserver& on_step, bool& capa_failed,
                       bool asks_capa) {
  if (asks_capa) MAILKEEP_CHECKED(ask_capabilities(server, capa_failed));
  if (has_capabilities_ && !offers("STLS")) {
    return common::fail(ErrorKind::Tls,
                        "the server does not offer STLS, which the account requires; "
                        "use pop3s:// if it has a TLS port");
  }
  MAILKEEP_TRY(answer, command("STLS"));
  if (!answer.is_ok) {
    return common::fail(ErrorKind::Tls, "the server refuses STLS, which the account requires");
  }
  MAILKEEP_CHECKED(stream_->start_tls(server.ca_file));
  // Order: what was said in clear is forgotten before anything is decided by it.
  capabilities_.clear();
  has_capabilities_ = false;
  if (on_step) on_step("tls", stream_->description());
  return {};
}

// A server without CAPA says -ERR; a few hang or close instead.
Status Session::ask_capabilities(const Server& server, bool& capa_failed) {
  const auto wait = std::min(limits_.capa_wait, server.patience.silence);
  stream_->limit_until(common::Deadline::in(wait));
  capabilities_.clear();
  const auto ask = [&]() -> Status {
    MAILKEEP_TRY(answer, command("CAPA"));
    if (!answer.is_ok) return {};
    has_capabilities_ = true;
    return each_line([&](std::string_view line) -> Status {
      const std::string name = upper(take_word(line));
      capabilities_.insert(name);
      while (name == "SASL" && !line.empty())
        capabilities_.insert("SASL " + upper(take_word(line)));
      if (capabilities_.size() <= limits_.capabilities) return {};
      return common::fail(ErrorKind::Limit, "the server lists more than {} capabilities",
                          limits_.capabilities);
    });
  };
  auto status = ask();
  stream_->limit_until(common::Deadline::in(server.patience.login));
  capa_failed = !status && (status.error().kind == ErrorKind::Timeout ||
                            status.error().kind == ErrorKind::Network);
  return status;
}

Status Session::authenticate(const Server& server) {
  if (server.tls != store::TlsMode::None) MAILKEEP_CHECK(stream_->is_encrypted());
  const bool has_user = !has_capabilities_ || offers("USER");
  const bool has_plain = offers("SASL PLAIN");
  if (!has_user && !has_plain) {
    return common::fail(ErrorKind::Auth, "the server offers no way to log in with a password{}",
                        stream_->is_encrypted() ? "" : " without TLS");
  }
  MAILKEEP_TRY(answer, has_user ? user_and_pass(server.credentials)
                                : authenticate_plain(server.credentials));
  if (answer.is_ok) return {};
  const bool hides = reveals_password(answer.text, server.credentials);
  return common::fail(kind_of(answer.code, ErrorKind::Auth),
                      "the server refused the login of {}: {}",
                      common::printable(server.credentials.user),
                      hides ? "(it repeats the password)" : said(answer.text));
}

// RFC 5034. Some servers answer "+OK" where "+" is due; whatever is no refusal is taken for it.
Result<Session::Answer> Session::authenticate_plain(const net::Credentials& credentials) {
  MAILKEEP_TRY(message, net::sasl_plain(credentials));
  MAILKEEP_TRY(challenge, command("AUTH PLAIN"));
  if (!challenge.is_ok) return std::move(challenge);
  return command(message.reveal());
}

Result<Session::Answer> Session::user_and_pass(const net::Credentials& credentials) {
  if (!net::fits_in_a_line(credentials.user) ||
      !net::fits_in_a_line(credentials.password.reveal())) {
    return common::fail(ErrorKind::Config, "user name and password must not hold line breaks");
  }
  MAILKEEP_TRY(user, command("USER " + credentials.user));
  if (!user.is_ok) return std::move(user);
  std::string line;
  line.reserve(credentials.password.reveal().size() + 5);
  line.append("PASS ").append(credentials.password.reveal());
  auto answer = command(line);
  net::zero(line);
  return answer;
}

Result<Session::Answer> Session::command(std::string_view line) {
  MAILKEEP_CHECKED(write_line(line));
  return read_answer();
}

Status Session::write_line(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 2);
  bytes.append(line).append("\r\n");
  auto status = stream_->write(bytes);
  net::zero(bytes);
  return status;
}

Result<Session::Answer> Session::read_answer() {
  MAILKEEP_TRY(line, stream_->read_line(limits_.line_bytes));
  Answer answer;
  std::string_view rest = line;
  const std::string status = upper(take_word(rest));
  answer.is_ok = status == "+OK" || status == "+";
  if (!answer.is_ok && status != "-ERR") {
    return common::fail(ErrorKind::Protocol, "the server sent a line that is no POP3 answer");
  }
  if (rest.substr(0, 1) == "[" && rest.find(']') != rest.npos) {
    answer.code = upper(rest.substr(1, rest.find(']') - 1));
  }
  answer.text = rest;
  return answer;
}

Status Session::each_line(const std::function<Status(std::string_view)>& visit) {
  for (;;) {
    MAILKEEP_TRY(line, stream_->read_line(limits_.line_bytes));
    if (line == ".") return {};
    MAILKEEP_CHECKED(visit(line.substr(0, 1) == "." ? line.substr(1) : line));
  }
}

bool Session::offers(std::string_view capability) const {
  return capabilities_.find(capability) != capabilities_.end();
}

}  // namespace mailkeep::fetcher::pop3
