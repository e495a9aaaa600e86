// SPDX-License-Identifier: GPL-3.0-or-later
// Property: any line is tokens or an error; the nesting stays under its limit.

#include "fetcher/imap/lexer.h"

#include "fetcher/imap/fetch_response.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailkeep::fetcher::imap;
  const Limits limits;
  Lexer lexer(limits);
  std::string_view rest = mailkeep::fuzz::as_text(data, size);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const auto literal = lexer.feed(rest.substr(0, end));
    if (!literal) return 0;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  static_cast<void>(parse_fetch(lexer.tokens()));
  static_cast<void>(parse_list(lexer.tokens()));
  return 0;
}
