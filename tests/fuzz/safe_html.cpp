// SPDX-License-Identifier: GPL-3.0-or-later
// Property: any page becomes one that a browser reads as harmless elements, that the parent accepts
// and that is not changed by another cleaning.

#include "message/safe_html.h"

#include "common/printable.h"
#include "message/safe_markup.h"
#include "tests/fuzz/target.h"
#include "tests/support/html_check.h"

namespace {

std::string clean(std::string_view page) {
  return mailkeep::message::HtmlCleaner({}, std::chrono::seconds(20)).clean(page).html;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mailkeep::fuzz::require;
  const std::string page = mailkeep::common::to_utf8_lossy(mailkeep::fuzz::as_text(data, size));
  const std::string html = clean(page);
  require(mailkeep::common::is_valid_utf8(html));
  require(mailkeep::message::is_safe_html(html));
  require(mailkeep::tests::HtmlCheck::fault_in(html).empty());
  require(mailkeep::tests::HtmlCheck::fault_in("<!DOCTYPE html>" + html).empty());
  require(clean(html) == html);
  return 0;
}
