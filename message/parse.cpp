// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/parse.h"

#include "message/body_walk.h"
#include "message/envelope.h"
#include "message/open_mail.h"

namespace mailkeep::message {

void read_mail(const OpenMail& mail, const ParseLimits& limits, ParsedMessage& out) {
  if (mail.message() == nullptr) return;
  read_envelope(mail.message(), limits.recipients, out);
  BodyWalk(limits, out).run(mail.message());
}

ParsedMessage parse(std::string_view raw, const ParseLimits& limits) {
  ParsedMessage out;
  read_mail(OpenMail(raw, limits, out), limits, out);
  return out;
}

}  // namespace mailkeep::message
