// SPDX-License-Identifier: GPL-3.0-or-later
// Property: the reply to any message is in wire form, and an independent reader sees in its headers
// the recipients of the envelope and nobody else.

#include "api/reply/compose.h"

#include <set>

#include "api/reply/wire_form.h"
#include "message/parse.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailkeep;
  using fuzz::require;
  const message::ParsedMessage mail = message::parse(fuzz::as_text(data, size));
  const auto reply = reply::compose(mail, {"anna@example.org", "", {"anna@example.org"}},
                                    {"Hello", true, {}}, {1'767'261'600'000'000, "unique"});
  if (!reply) return 0;
  require(reply::check_wire_form(reply->bytes).has_value());
  const message::ParsedMessage again = message::parse(reply->bytes);
  std::multiset<std::string> seen;
  for (const auto* list : {&again.to, &again.cc, &again.bcc})
    for (const auto& one : *list) seen.insert(one.address);
  require(seen == std::multiset<std::string>(reply->recipients.begin(), reply->recipients.end()));
  require(again.message_id == "unique@example.org" && again.from.size() == 1);
  return 0;
}
