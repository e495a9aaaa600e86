// SPDX-License-Identifier: GPL-3.0-or-later
// Property: a view from a child that went over to the other side is decoded or refused; what is
// decoded holds only HTML that the sanitiser could have written, and encodes to the same again.

#include "message/safe_markup.h"
#include "message/wire.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mailkeep::fuzz::require;
  using namespace mailkeep::message;
  const std::string_view bytes = mailkeep::fuzz::as_text(data, size);
  if (const auto view = decode_view(bytes)) {
    for (const HtmlBody& body : view->html) require(is_safe_html(body.html));
    const auto again = decode_view(encode(*view));
    require(again && encode(*again) == encode(*view));
  }
  if (const auto reply = decode_part(bytes)) require(decode_part(encode(*reply)).has_value());
  return 0;
}
