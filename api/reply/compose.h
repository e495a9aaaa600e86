// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// compose: the answer to an archived message as the exact bytes that will go out (RFC 5322).
//
// To is the original's Reply-To, else its From; if the original was sent by oneself, its To. Cc is,
// for all, what else stands in To and Cc. Own addresses and doubles are left out. The subject gets
// one "Re: " where none of Re, AW, SV, Antw stands. Text is UTF-8, plain, as 7bit or
// quoted-printable, so that no line is longer than 76 bytes and the message needs no extension
// unless an address does. Nothing that the original or the caller says can begin a header or a line
// of its own. No Bcc, no receipts, nothing fetched or attached. Pure; any thread may call.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "message/parsed_message.h"

namespace mailkeep::reply {

inline constexpr std::size_t kMaxTextBytes = 1U << 20U;  // of what is written
inline constexpr std::size_t kMaxQuotedBytes = 256U
                                               << 10U;  // beyond, the quotation is cut, visibly
inline constexpr std::size_t kMaxRecipients = 500;

struct Sender {
  std::string address;                     // From, and the envelope's
  std::string name;                        // display name; may be empty
  std::vector<std::string> own_addresses;  // never answered to
};

struct ReplyRequest {
  std::string text;  // UTF-8; any line ends
  bool all = false;
  std::vector<std::string> cc;  // further addresses, each one alone: "anna@example.org"
  bool quote = true;            // the original below, with a line that says whose it is
};

struct Moment {
  common::Micros now = 0;
  std::string unique;  // makes the Message-ID: letters and digits, never used before
};

struct Composed {
  std::string bytes;
  std::string envelope_from;
  std::vector<std::string> recipients;  // To, then Cc; without doubles
  bool needs_smtputf8 = false;          // an address is not ASCII
  // The same for people.
  message::Address from;
  std::vector<message::Address> to, cc;
  std::string subject;
  std::string message_id;  // without angle brackets
  std::string in_reply_to;
  std::vector<std::string> references;
  std::string quoted;  // attribution and quotation, LF line ends
};

// Malformed: the original has no address that can be answered. Usage: the text is empty, not UTF-8
// or holds a NUL; an address of the request is none. Limit: too long, too many recipients.
common::Result<Composed> compose(const message::ParsedMessage& original, const Sender& sender,
                                 const ReplyRequest& request, const Moment& moment);

// "--address", else the user if it is an address, else the account's address among the original's
// recipients (one whose local part is the user), else user@host.
Sender sender_of(const std::string& address, const std::string& user, const std::string& host,
                 const message::ParsedMessage& original);

// One addr-spec that can stand in an envelope and a header: local@domain, no controls, no spaces,
// no source route, no encoded word; UTF-8 is allowed (RFC 6531), at most 320 bytes.
bool is_address(std::string_view text);

}  // namespace mailkeep::reply
