// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ParsedMessage: what a mail says, as plain data. Every string is valid UTF-8 whatever came in.
// A malformed mail is data: parsing never fails, it says what was strange in `oddities`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mailkeep::message {

struct Address {
  std::string name;     // display name, decoded; may be empty
  std::string address;  // local@domain as written; may be empty for a bare name
};

struct Attachment {
  std::string part;          // IMAP part number, "2.1"
  std::string filename;      // decoded (RFC 2231, RFC 2047), never trusted as a path; may be empty
  std::string content_type;  // "application/pdf", lower case
  std::uint64_t size = 0;    // bytes when decoded
};

struct ParsedMessage {
  std::string message_id;  // without angle brackets; may be empty
  std::string in_reply_to;
  std::vector<std::string> references;
  std::string subject;
  std::vector<Address> from, to, cc, bcc, reply_to;
  std::optional<std::int64_t> date;  // seconds since 1970 UTC, from the Date header
  std::string text;                  // what is read: text and HTML bodies, nested messages' too
  std::vector<Attachment> attachments;
  std::vector<std::string> oddities;      // "date-unreadable", "charset-unknown:x-foo", ...
  std::vector<std::string> unsearchable;  // "encrypted", "over-text-limit", "parser-died", ...
};

}  // namespace mailkeep::message
