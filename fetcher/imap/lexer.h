// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Lexer: one IMAP data response (RFC 3501 §9) cut into tokens, line by line, because literals stand
// between the lines. Takes what real servers send, not only what the grammar allows: extra spaces,
// unescaped quotes, 8-bit and control characters in names, brackets without an end.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "fetcher/imap/limits.h"

namespace mailkeep::fetcher::imap {

struct Token {
  enum class Kind {
    Atom,    // also NIL, numbers and flags
    String,  // quoted, or a literal kept in memory
    Open,
    Close,
    Streamed,  // a literal that went to its target; text is its size
    TooLarge,  // a literal over the limit that was read and thrown away; text is its size
  };
  Kind kind;
  std::string text;
};

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII

class Lexer {
 public:
  explicit Lexer(const Limits& limits) : limits_(limits) {}

  // Adds the tokens of one line. Returns the size of the literal that the line announces at its
  // end, if it does. Errors: Protocol (cannot be framed), Limit.
  common::Result<std::optional<std::uint64_t>> feed(std::string_view line);

  // What stands in the place of the announced literal.
  common::Status add(Token token);

  std::size_t depth() const { return depth_; }
  const std::vector<Token>& tokens() const { return tokens_; }
  std::vector<Token> take() { return std::move(tokens_); }

 private:
  common::Status read_token(std::string_view& rest);
  common::Status read_quoted(std::string_view& rest);
  common::Status read_atom(std::string_view& rest);

  const Limits& limits_;
  std::vector<Token> tokens_;
  std::size_t depth_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mailkeep::fetcher::imap
