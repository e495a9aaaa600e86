// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The tokens of a FETCH or LIST response as plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fetcher/imap/lexer.h"
#include "store/uid_set.h"

namespace mailkeep::fetcher::imap {

struct FetchItems {
  std::optional<store::Uid> uid;
  std::string flags;          // as written, without brackets
  std::string internal_date;  // as written, without quotes
  std::optional<std::uint64_t> announced_size;
  enum class Body { None, Inline, Streamed, TooLarge } body = Body::None;
  std::string inline_body;  // a body sent as a quoted string
};

// Takes the items in any order and skips those it does not know. Also for the beginning of a
// response, up to a literal.
FetchItems parse_fetch(const std::vector<Token>& tokens);

struct ListedFolder {
  std::string name;       // wire bytes; any spelling of INBOX becomes "INBOX"
  std::string separator;  // empty: NIL
  bool is_selectable = true;
};

// Nothing if it is no mailbox-list (RFC 3501 §7.2.2).
std::optional<ListedFolder> parse_list(const std::vector<Token>& tokens);

}  // namespace mailkeep::fetcher::imap
