// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/smtp_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/reply/compose.h"
#include "api/reply/header_writer.h"
#include "api/reply/wire_form.h"
#include "common/check.h"
#include "common/printable.h"

namespace mailkeep::reply {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kMaxLine = 2048;  // RFC 5321 §4.5.3.1.5 says 512; extensions say more
constexpr std::size_t kMaxLines = 100;
constexpr std::size_t kMaxShown = 500;
constexpr std::size_t kMaxCapabilities = 200;
constexpr std::size_t kMaxCommand = 510;  // RFC 5321 §4.5.3.1.4, without CRLF
constexpr std::size_t kBlock = 64U << 10U;
// A literal that says nothing of this machine's network; RFC 5321 §4.1.3 permits it.
constexpr std::string_view kHello = "EHLO [127.0.0.1]";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string_view take_word(std::string_view& text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

// The code of a line "250-text"; 0 if it is none.
std::uint32_t code_of(std::string_view line) {
  const bool has_end = line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
  std::uint32_t code = 0;
  const char* const begin = line.data();
  if (!has_end) return 0;
  const auto [end, error] = std::from_chars(begin, begin + 3, code);
  return error == std::errc() && end == begin + 3 && code >= 200 && code < 600 ? code : 0;
}

net::Patience stream_patience(const SmtpPatience& given) {
  net::Patience patience;
  patience.connect = given.connect;
  patience.tls = given.tls;
  // limit_until() sets the true end of each wait; a server may think for ten minutes in silence.
  patience.silence = std::chrono::hours(1);
  patience.floor_window = std::chrono::hours(1);
  patience.floor_bytes_per_second = 0;
  return patience;
}

tl::unexpected<common::Error> refused(const SmtpAnswer& answer, std::string_view what,
                                      ErrorKind permanent) {
  return fail(answer.is_temporary() ? ErrorKind::Throttled : permanent, "{}: {}", what,
              answer.shown());
}

}  // namespace

std::string SmtpAnswer::shown() const {
  return text.empty() ? std::to_string(code) : fmt::format("{} {}", code, text);
}

SmtpSession::SmtpSession(std::unique_ptr<net::ByteStream> stream, const SmtpServer& server)
    : stream_(std::move(stream)), server_(server) {}

Result<std::unique_ptr<SmtpSession>> SmtpSession::open(const SmtpServer& server,
                                                       std::stop_token stop) {
  MAILKEEP_TRY(stream, net::ByteStream::connect(server.endpoint, stream_patience(server.patience),
                                                std::move(stop)));
  std::unique_ptr<SmtpSession> session(new SmtpSession(std::move(stream), server));
  if (server.tls == store::TlsMode::Implicit)
    MAILKEEP_CHECKED(session->stream_->start_tls(server.ca_file));
  MAILKEEP_CHECKED(session->greet());
  MAILKEEP_CHECKED(session->hello());
  if (server.tls == store::TlsMode::Starttls) MAILKEEP_CHECKED(session->secure());
  MAILKEEP_CHECKED(session->log_in());
  return session;
}

std::string SmtpSession::description() const {
  return fmt::format("{}:{}, {}", common::printable(server_.endpoint.host), server_.endpoint.port,
                     common::printable(stream_->description()));
}

Status SmtpSession::greet() {
  MAILKEEP_TRY(answer, read_answer(server_.patience.greeting));
  greeting_ = answer.shown();
  if (answer.code == 220) return {};
  return refused(answer, "the server does not take mail", ErrorKind::Protocol);
}

Status SmtpSession::hello() {
  capabilities_.clear();
  size_limit_ = 0;
  MAILKEEP_CHECKED(write_line(kHello));
  stream_->limit_until(common::Deadline::in(server_.patience.command));
  SmtpAnswer answer;
  MAILKEEP_CHECKED(read_lines(answer, true));
  if (answer.is_ok()) return {};
  return refused(answer, "the server does not speak ESMTP", ErrorKind::Protocol);
}

Status SmtpSession::secure() {
  if (!offers("STARTTLS"))
    return fail(ErrorKind::Tls,
                "the SMTP server does not offer STARTTLS, which the account requires; use smtps:// "
                "if it has a TLS port");
  MAILKEEP_TRY(answer, command("STARTTLS"));
  if (answer.code != 220)
    return refused(answer, "the SMTP server refuses STARTTLS, which the account requires",
                   ErrorKind::Tls);
  MAILKEEP_CHECKED(stream_->start_tls(server_.ca_file));
  // Order: what was said in clear is forgotten before anything is decided by it (RFC 3207 §4.2).
  return hello();
}

Status SmtpSession::log_in() {
  if (server_.tls != store::TlsMode::None) MAILKEEP_CHECK(stream_->is_encrypted());
  const bool has_plain = offers("AUTH PLAIN");
  if (!has_plain && !offers("AUTH LOGIN"))
    return fail(ErrorKind::Auth, "the SMTP server offers no way to log in with a password{}",
                stream_->is_encrypted() ? "" : " without TLS");
  MAILKEEP_TRY(answer, has_plain ? auth_plain() : auth_login());
  if (answer.is_ok()) return {};
  const bool hides = net::reveals_password(answer.text, server_.credentials);
  return fail(answer.is_temporary() ? ErrorKind::Throttled : ErrorKind::Auth,
              "the SMTP server refused the login of {}: {}{}",
              common::printable(server_.credentials.user),
              hides ? std::string("(it repeats the password)") : answer.shown(),
              // Microsoft's word for an end of passwords.
              answer.text.find("5.7.30") != std::string::npos
                  ? "; it takes OAuth 2 only, which Mailkeep does not speak yet: send through "
                    "another server with --smtp"
                  : "");
}

// RFC 4954. The response goes with the command unless the line would grow too long.
Result<SmtpAnswer> SmtpSession::auth_plain() {
  MAILKEEP_TRY(response, net::sasl_plain(server_.credentials));
  std::string line = "AUTH PLAIN ";
  if (line.size() + response.reveal().size() <= kMaxCommand) {
    line.reserve(line.size() + response.reveal().size());
    line += response.reveal();
    auto answer = command(line);
    net::zero(line);
    return answer;
  }
  MAILKEEP_TRY(challenge, command("AUTH PLAIN"));
  if (challenge.code != 334) return std::move(challenge);
  return command(response.reveal());
}

Result<SmtpAnswer> SmtpSession::auth_login() {
  MAILKEEP_TRY(first, command("AUTH LOGIN"));
  if (first.code != 334) return std::move(first);
  MAILKEEP_TRY(second, command(net::sasl_login_user(server_.credentials).reveal()));
  if (second.code != 334) return std::move(second);
  return command(net::sasl_login_password(server_.credentials).reveal());
}

Result<SmtpAnswer> SmtpSession::mail(std::string_view from, std::string_view bytes,
                                     bool needs_smtputf8) {
  MAILKEEP_CHECKED(check_wire_form(bytes));
  if (!is_address(from))
    return fail(ErrorKind::Malformed, "the sender's address cannot stand in an envelope");
  const bool is_eight_bit = has_eight_bits(bytes);
  if (needs_smtputf8 && !offers("SMTPUTF8"))
    return fail(ErrorKind::Config,
                "the SMTP server does not offer SMTPUTF8, which an address of this message needs");
  if (is_eight_bit && !offers("8BITMIME"))
    return fail(ErrorKind::Config,
                "the SMTP server does not offer 8BITMIME, which this message needs");
  if (size_limit_ > 0 && bytes.size() > size_limit_)
    return fail(ErrorKind::Limit, "the message has {} bytes; the SMTP server takes at most {}",
                bytes.size(), size_limit_);
  std::string line = fmt::format("MAIL FROM:<{}>", from);
  if (offers("SIZE")) line += fmt::format(" SIZE={}", bytes.size());
  if (is_eight_bit) line += " BODY=8BITMIME";
  if (needs_smtputf8) line += " SMTPUTF8";
  return command(line);
}

Result<SmtpAnswer> SmtpSession::recipient(std::string_view address) {
  if (!is_address(address))
    return fail(ErrorKind::Malformed, "a recipient's address cannot stand in an envelope");
  return command(fmt::format("RCPT TO:<{}>", address));
}

Result<SmtpAnswer> SmtpSession::data() {
  MAILKEEP_CHECKED(write_line("DATA"));
  return read_answer(server_.patience.data);
}

Status SmtpSession::send(std::string_view bytes) {
  const std::string stuffed = dot_stuffed(bytes);
  for (std::string_view rest = stuffed; !rest.empty();) {
    const std::string_view block = rest.substr(0, kBlock);
    stream_->limit_until(common::Deadline::in(server_.patience.block));
    Status written = stream_->write(block);
    is_usable_ = written.has_value();
    if (!written) return written;
    rest.remove_prefix(block.size());
  }
  return {};
}

Result<SmtpAnswer> SmtpSession::read_outcome() { return read_answer(server_.patience.after_data); }

void SmtpSession::quit() {
  constexpr std::chrono::milliseconds kPatience{2000};
  if (!is_usable_) return;
  stream_->limit_until(common::Deadline::in(kPatience));
  if (stream_->write("QUIT\r\n")) static_cast<void>(read_answer(kPatience));
}

Result<SmtpAnswer> SmtpSession::command(std::string_view line) {
  MAILKEEP_CHECKED(write_line(line));
  return read_answer(server_.patience.command);
}

Status SmtpSession::write_line(std::string_view line) {
  // What is not one line would be two commands.
  MAILKEEP_CHECK(net::fits_in_a_line(line));
  stream_->limit_until(common::Deadline::in(server_.patience.command));
  std::string bytes;
  bytes.reserve(line.size() + 2);
  bytes.append(line).append("\r\n");
  auto status = stream_->write(bytes);
  net::zero(bytes);
  return status;
}

Result<SmtpAnswer> SmtpSession::read_answer(std::chrono::milliseconds patience) {
  stream_->limit_until(common::Deadline::in(patience));
  SmtpAnswer answer;
  const Status read = read_lines(answer, false);
  is_usable_ = read.has_value() && answer.code != 421;
  if (!read) return tl::unexpected(read.error());
  return answer;
}

// RFC 5321 §4.2.1: all lines of an answer bear the same code.
Status SmtpSession::read_lines(SmtpAnswer& answer, bool keeps_lines) {
  for (std::size_t count = 0; count < kMaxLines; ++count) {
    const auto read = stream_->read_line(kMaxLine);
    if (!read && read.error().kind == ErrorKind::Limit)
      return fail(ErrorKind::Protocol, "{}", read.error().text);
    MAILKEEP_TRY(line, read);
    const std::uint32_t code = code_of(line);
    if (code == 0 || (answer.code != 0 && code != answer.code))
      return fail(ErrorKind::Protocol, "the server sent a line that is no SMTP answer");
    answer.code = code;
    const std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view();
    if (keeps_lines && count > 0 && code == 250) note_capability(text);
    if (answer.text.size() < kMaxShown) {
      if (!answer.text.empty()) answer.text += " / ";
      answer.text += text;
    }
    if (line.size() > 3 && line[3] == '-') continue;
    answer.text = one_line(answer.text, kMaxShown);
    return {};
  }
  return fail(ErrorKind::Protocol, "the server sent an answer of more than {} lines", kMaxLines);
}

void SmtpSession::note_capability(std::string_view line) {
  if (capabilities_.size() >= kMaxCapabilities) return;
  std::string_view rest = line;
  std::string name = upper(take_word(rest));
  if (name.starts_with("AUTH=")) {  // before RFC 4954, and still seen
    capabilities_.insert("AUTH " + name.substr(5));
    name = "AUTH";
  }
  capabilities_.insert(name);
  if (name == "SIZE") {
    const std::string_view number = take_word(rest);
    std::from_chars(number.data(), number.data() + number.size(), size_limit_);
  }
  while (name == "AUTH") {
    const std::string mechanism = upper(take_word(rest));
    if (mechanism.empty() || capabilities_.size() >= kMaxCapabilities) break;
    capabilities_.insert("AUTH " + mechanism);
  }
}

bool SmtpSession::offers(std::string_view capability) const {
  return capabilities_.find(capability) != capabilities_.end();
}

}  // namespace mailkeep::reply
