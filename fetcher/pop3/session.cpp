// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/session.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "common/check.h"
#include "common/printable.h"
#include "fetcher/pop3/dot_unstuffer.h"

namespace mailkeep::fetcher::pop3 {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kSaidBytes = 200;  // of a stranger's text in one of our sentences

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = trimmed(text.substr(word.size()));
  return word;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

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
                                               std::stop_token stop) {
  bool capa_failed = false;
  auto session = attempt(server, data_dir, limits, on_step, stop, capa_failed);
  if (session || !capa_failed || stop.stop_requested()) return session;
  return attempt(server, data_dir, limits, on_step, stop, capa_failed);  // this time without CAPA
}

Session::Session(std::unique_ptr<net::ByteStream> stream, std::filesystem::path data_dir,
                 const Limits& limits)
    : stream_(std::move(stream)), data_dir_(std::move(data_dir)), limits_(limits) {}

Result<std::unique_ptr<Session>> Session::attempt(const Server& server,
                                                  const std::filesystem::path& data_dir,
                                                  const Limits& limits, const StepObserver& on_step,
                                                  std::stop_token stop, bool& capa_failed) {
  const bool asks_capa = !capa_failed;
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

Result<Listing> Session::list() {
  Listing listing;
  std::size_t uidl_bytes = 0;
  std::map<std::uint32_t, std::size_t> places;  // from number to index
  const auto add = [&](std::uint32_t number, std::string_view uidl) -> Status {
    uidl_bytes += uidl.size();
    if (listing.messages.size() >= limits_.messages || uidl_bytes > limits_.uidl_bytes) {
      return common::fail(ErrorKind::Limit, "the server lists more than {} messages",
                          listing.messages.size());
    }
    if (!places.emplace(number, listing.messages.size()).second) return {};
    listing.messages.push_back({number, std::string(uidl), std::nullopt});
    return {};
  };
  MAILKEEP_TRY(uidl, command("UIDL"));
  listing.has_uidls = uidl.is_ok;
  if (uidl.is_ok) {
    MAILKEEP_CHECKED(each_line([&](std::string_view line) -> Status {
      std::string_view word = take_word(line);
      if (word == "+OK") word = take_word(line);  // seen at the beginning of every line
      const auto number = parse_number<std::uint32_t>(word);
      return number ? add(*number, line) : Status();
    }));
  }
  MAILKEEP_TRY(sizes, command("LIST"));
  if (!sizes.is_ok) return listing;
  const auto note_size = [&](std::string_view line) -> Status {
    const auto number = parse_number<std::uint32_t>(take_word(line));
    if (!number) return {};
    // A message that came between UIDL and LIST has no UIDL yet: it is for the next pass.
    if (!listing.has_uidls) MAILKEEP_CHECKED(add(*number, {}));
    const auto place = places.find(*number);
    if (place == places.end()) return {};
    listing.messages[place->second].size = parse_number<std::uint64_t>(take_word(line));
    return {};
  };
  MAILKEEP_CHECKED(each_line(note_size));
  return listing;
}

Status Session::send_retr(std::uint32_t number) {
  return write_line(fmt::format("RETR {}", number));
}

Result<std::optional<store::Body>> Session::read_retr() {
  MAILKEEP_TRY(answer, read_answer());
  if (!answer.is_ok) return std::optional<store::Body>();
  store::BodyWriter writer(data_dir_);
  const auto keep = [&](std::string_view piece) -> Status {
    if (writer.size() + piece.size() > limits_.message_bytes) {
      return common::fail(ErrorKind::Limit, "a message is larger than {} bytes",
                          limits_.message_bytes);
    }
    return writer.append(piece);
  };
  DotUnstuffer unstuffer(!stream_->line_had_cr());
  while (!unstuffer.is_done()) {
    MAILKEEP_TRY(bytes, stream_->peek());
    MAILKEEP_TRY(used, unstuffer.feed(bytes, keep));
    stream_->consume(used);
  }
  MAILKEEP_TRY(body, std::move(writer).finish());
  return std::optional<store::Body>(std::move(body));
}

// The answer is waited for, but not believed in: there is nothing left that it could change.
void Session::quit() { static_cast<void>(command("QUIT")); }

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
