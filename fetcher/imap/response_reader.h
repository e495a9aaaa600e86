// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ResponseReader: the server's side of an IMAP connection, one response at a time, framed by the
// lengths it announces. No length is believed before it was held against its limit, and nothing is
// allocated by an announced size. A message body is handed on as it arrives and never held here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "fetcher/imap/lexer.h"
#include "fetcher/imap/limits.h"
#include "net/stream.h"
#include "store/uid_set.h"

namespace mailkeep::fetcher::imap {

enum class Condition { Ok, No, Bad, Bye, Preauth };

// RFC 3501 §7.1: "OK [UIDNEXT 12] text". The text is a stranger's: printable() before showing it.
struct StatusLine {
  Condition condition = Condition::Ok;
  std::string code;       // upper case, without brackets; may be empty
  std::string arguments;  // what follows the code inside the brackets
  std::string text;
};

struct Response {
  enum class Kind { Continuation, Tagged, Status, Data };
  Kind kind = Kind::Data;
  std::string tag;                      // Tagged
  StatusLine status;                    // Tagged and Status
  std::string name;                     // Data: "FETCH", "EXISTS", upper case
  std::optional<std::uint32_t> number;  // Data: before the name
  std::vector<Token> tokens;            // Data, except SEARCH
  store::UidSet numbers;                // SEARCH
};

// Where the body of a FETCH goes while it arrives.
class BodyTarget {
 public:
  virtual ~BodyTarget() = default;
  // so_far: the tokens of the response before the body.
  virtual common::Status begin(const std::vector<Token>& so_far, std::uint64_t bytes) = 0;
  virtual common::Status append(std::string_view piece) = 0;
};

class ResponseReader {
 public:
  ResponseReader(net::ByteStream& stream, const Limits& limits)
      : stream_(stream), limits_(limits) {}

  // body: nullptr where no body was asked for; one that comes nevertheless is thrown away.
  // Errors: those of the stream, Protocol, Limit, and whatever the body's target returns; after any
  // of them the connection is of no more use.
  common::Result<Response> next(BodyTarget* body);

 private:
  common::Result<Response> read_untagged(std::string_view rest, BodyTarget* body);
  common::Status read_tokens(std::string_view rest, BodyTarget* body, Response& response);
  common::Status read_literal(Lexer& lexer, std::uint64_t size, bool is_body, BodyTarget* body);

  net::ByteStream& stream_;
  const Limits& limits_;
};

std::optional<std::uint32_t> parse_number(std::string_view text);  // RFC 3501 "number": 32 bits

}  // namespace mailkeep::fetcher::imap
