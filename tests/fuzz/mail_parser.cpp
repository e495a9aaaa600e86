// SPDX-License-Identifier: GPL-3.0-or-later
// Property: any bytes are a ParsedMessage whose every string is UTF-8.

#include "common/printable.h"
#include "message/parse.h"
#include "tests/fuzz/target.h"

namespace {

void check(const mailkeep::message::ParsedMessage& mail) {
  using mailkeep::common::is_valid_utf8;
  using mailkeep::fuzz::require;
  require(is_valid_utf8(mail.subject) && is_valid_utf8(mail.text) &&
          is_valid_utf8(mail.message_id));
  for (const auto* list : {&mail.from, &mail.to, &mail.cc, &mail.bcc, &mail.reply_to})
    for (const auto& one : *list) require(is_valid_utf8(one.name) && is_valid_utf8(one.address));
  for (const auto& file : mail.attachments) require(is_valid_utf8(file.filename));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw = mailkeep::fuzz::as_text(data, size);
  check(mailkeep::message::parse(raw));
  check(mailkeep::message::parse_headers_only(raw));
  return 0;
}
