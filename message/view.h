// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MessageView: one mail as a person reads it, as plain data. Every string but DecodedPart::bytes is
// valid UTF-8 whatever came in, and HTML has been through the sanitiser: it holds no script, no
// form, nothing to click and no address that a browser would fetch. Serve it in a sandboxed frame
// all the same.

#include <cstdint>
#include <string>
#include <vector>

#include "message/parsed_message.h"

namespace mailkeep::message {

// A header field in the order of the message. The value is decoded (RFC 2047) and on one line.
struct Header {
  std::string name;
  std::string value;
};

// A MIME part. The list of all is flat, in the order of the message, each before its own parts.
struct Part {
  std::string number;        // IMAP part number (RFC 3501 §6.4.5), "2.1"; "" is a body multipart
  std::string content_type;  // lower case, without parameters
  std::string charset;       // as the mail claims; may be empty
  std::string disposition;   // "inline", "attachment", lower case; may be empty
  std::string filename;      // decoded (RFC 2231, RFC 2047), never trusted as a path; may be empty
  std::string content_id;    // without angle brackets; may be empty
  std::uint64_t size = 0;    // bytes when decoded; 0 for a multipart
  unsigned depth = 0;        // how many parts it lies in
  bool is_attachment = false;
};

// Each HTML part is a document of its own and must be shown as one: joined, markup left open in one
// part would swallow the decrypted text of the next (EFAIL).
struct HtmlBody {
  std::string part;             // its number
  std::string html;             // sanitised content of a body element
  unsigned removed_remote = 0;  // references to other hosts that were left out
};

struct MessageView {
  ParsedMessage message;
  std::vector<Header> headers;
  std::string text;  // text/plain bodies; where there are none, the text of the HTML
  std::vector<HtmlBody> html;
  std::vector<Part> parts;
  std::vector<std::string> notes;  // what was cut or odd: "over-header-limit", "html-simplified:1"
};

struct DecodedPart {
  Part part;
  std::string bytes;  // transfer encoding undone, charset as it came
};

}  // namespace mailkeep::message
