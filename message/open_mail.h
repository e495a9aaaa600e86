// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// OpenMail: one mail as GMime read it, and the way back from GMime's offsets to the bytes as they
// came. Private to message/.

#include <cstdint>
#include <memory>
#include <string_view>

#include "message/gobject.h"
#include "message/parse.h"
#include "message/parsed_message.h"

namespace mailkeep::message {

// Bytes, and how many of them GMime was given: what it was not given, or was given in another form,
// stands before the body, so an offset counts from the end.
struct Source {
  std::string_view bytes;
  std::int64_t seen = 0;
  char line_end = '\n';  // a carriage return in mail from an old Mac, which GMime was given as '\n'

  std::string_view slice(std::int64_t begin, std::int64_t end) const;  // of GMime's offsets
};

class OpenMail {
 public:
  struct FreeOptions {
    void operator()(GMimeParserOptions* options) const;
  };
  using Options = std::unique_ptr<GMimeParserOptions, FreeOptions>;

  // raw must outlive this. What is odd or over a limit is noted in out.
  OpenMail(std::string_view raw, const ParseLimits& limits, ParsedMessage& out);

  GMimeMessage* message() const { return message_.get(); }  // null if GMime reads nothing in it
  const Source& source() const { return source_; }
  const std::string& headers() const { return headers_; }  // the header block as GMime was given it

 private:
  Source source_;
  std::string headers_;
  Options options_;
  Owned<GMimeMessage> message_;
};

// Fills in what parse() gives.
void read_mail(const OpenMail& mail, const ParseLimits& limits, ParsedMessage& out);

}  // namespace mailkeep::message
