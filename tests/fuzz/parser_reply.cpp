// SPDX-License-Identifier: GPL-3.0-or-later
// Property: a reply from a child that went over to the other side is decoded or refused; what is
// decoded encodes to something that decodes to the same.

#include "message/wire.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto mail = mailkeep::message::decode(mailkeep::fuzz::as_text(data, size));
  if (!mail) return 0;
  const std::string bytes = mailkeep::message::encode(*mail);
  const auto again = mailkeep::message::decode(bytes);
  mailkeep::fuzz::require(again && mailkeep::message::encode(*again) == bytes);
  return 0;
}
