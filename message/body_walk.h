// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// BodyWalk: goes through the parts of one message and collects text, attachments and reasons.
// Private to message/.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "message/gobject.h"
#include "message/html_tree.h"
#include "message/parse.h"
#include "message/parsed_message.h"
#include "message/text_sink.h"

namespace mailkeep::message {

class BodyWalk {
 public:
  BodyWalk(const ParseLimits& limits, ParsedMessage& out)
      : limits_(limits), out_(out), sink_(limits.text_bytes), html_time_(kHtmlTime) {}

  void run(GMimeMessage* message);

 private:
  static constexpr std::chrono::milliseconds kHtmlTime{1'000};

  // number: the IMAP part number (RFC 3501 §6.4.5) of this object; is_top: the body of a message,
  // whose only part is number.1 unless it is a multipart.
  struct Place {
    std::string number;
    bool is_top;
    std::size_t depth;
  };

  void visit(GMimeObject* object, const Place& place);
  void visit_multipart(GMimeMultipart* multipart, const Place& place);
  void visit_message(GMimeMessagePart* part, const Place& place);
  void visit_encoded_message(GMimePart* part, const std::string& number, std::size_t depth);
  void visit_inside(GMimeMessage* message, const std::string& number, std::size_t depth);
  void visit_leaf(GMimePart* part, const Place& place);
  void add_text_part(GMimePart* part, const std::string& type, const std::string& number);
  void add_plain_text(std::string text, const std::string& number);
  void add_attachment(GMimeObject* part, const std::string& type, const std::string& number,
                      std::size_t size);
  std::string decoded_text(GMimePart* part, bool is_html);

  const ParseLimits& limits_;
  ParsedMessage& out_;
  TextSink sink_;
  CpuBudget html_time_;
  std::size_t parts_ = 0;
};

}  // namespace mailkeep::message
