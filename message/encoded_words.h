// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Encoded words (RFC 2047) in header values. Never fails: what is no encoded word stays as it is.
// Private to message/.

#include <string>
#include <string_view>

namespace mailkeep::message {

// Bytes that claim a charset as UTF-8; an empty charset means that none was given.
using ToUtf8 = std::string (*)(std::string_view bytes, std::string_view charset);

// The value as people read it, in UTF-8; folds are still in it.
std::string decode_words(std::string_view value, ToUtf8 to_utf8);

// The same value, with each run of encoded words written as a single one of plain UTF-8. For values
// with a grammar of their own, which must be parsed before their words may be decoded (RFC 2047
// §6.2): a comma inside an encoded word parts no addresses.
std::string join_words(std::string_view value, ToUtf8 to_utf8);

}  // namespace mailkeep::message
