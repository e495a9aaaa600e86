// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SmtpSession: one conversation with a submission server (RFC 6409 over RFC 5321; TLS after RFC
// 8314). Not shared between threads.
//
// Errors: Cancelled, Timeout, Network (cut, refused), Tls (no trust, no STARTTLS), Auth (login
// refused, no mechanism), Throttled (4xx before a message), Protocol (not SMTP, lines without end),
// Limit (message too large), Config (what the server must offer and does not). After an error
// the session is of no more use. No text repeats a password; all are printable and bounded.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "api/reply/smtp_patience.h"
#include "common/result.h"
#include "net/sasl.h"
#include "net/stream.h"
#include "store/accounts.h"

namespace mailkeep::reply {

struct SmtpServer {
  net::Endpoint endpoint;
  store::TlsMode tls = store::TlsMode::Implicit;
  std::string ca_file;
  net::Credentials credentials;
  SmtpPatience patience;
};

struct SmtpAnswer {
  std::uint32_t code = 0;
  std::string text;  // all lines, with " / " between them

  bool is_ok() const { return code >= 200 && code < 300; }
  bool is_temporary() const { return code >= 400 && code < 500; }
  std::string shown() const;  // "250 2.0.0 queued as 1A2B"
};

class SmtpSession {
 public:
  // Connected, under TLS unless the account says none, logged in.
  static common::Result<std::unique_ptr<SmtpSession>> open(const SmtpServer& server,
                                                           std::stop_token stop);

  const std::string& greeting() const { return greeting_; }
  std::string description() const;  // "smtp.example.org:465, TLSv1.3 with ..."

  // MAIL FROM. Limit if the server announced a smaller SIZE, Config if an extension is missing:
  // SMTPUTF8 for addresses that are not ASCII, 8BITMIME for such bytes. Malformed unless the bytes
  // are in wire form.
  common::Result<SmtpAnswer> mail(std::string_view from, std::string_view bytes,
                                  bool needs_smtputf8);
  common::Result<SmtpAnswer> recipient(std::string_view address);  // RCPT TO
  common::Result<SmtpAnswer> data();                               // 354 means go ahead
  // The message and the final dot. From the first byte on the server may have taken it, unless its
  // answer says otherwise.
  common::Status send(std::string_view bytes);
  common::Result<SmtpAnswer> read_outcome();  // the answer to the final dot

  // The answer is not waited for long: nothing depends on it. After an error nothing is said.
  void quit();

 private:
  SmtpSession(std::unique_ptr<net::ByteStream> stream, const SmtpServer& server);
  common::Status greet();
  common::Status hello();
  common::Status secure();
  common::Status log_in();
  common::Result<SmtpAnswer> auth_plain();
  common::Result<SmtpAnswer> auth_login();
  common::Result<SmtpAnswer> command(std::string_view line);
  common::Result<SmtpAnswer> read_answer(std::chrono::milliseconds patience);
  common::Status read_lines(SmtpAnswer& answer, bool keeps_lines);
  common::Status write_line(std::string_view line);
  void note_capability(std::string_view line);
  bool offers(std::string_view capability) const;

  std::unique_ptr<net::ByteStream> stream_;
  const SmtpServer& server_;
  bool is_usable_ = true;  // until the first error
  std::string greeting_;
  std::set<std::string, std::less<>> capabilities_;  // upper case; "AUTH PLAIN" for a mechanism
  std::uint64_t size_limit_ = 0;                     // 0: none announced
};

}  // namespace mailkeep::reply
