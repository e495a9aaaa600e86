// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Error: what went wrong, sorted by what to do next.
//
// The kind decides (retry, pause, exit code); the text is one sentence for the person who reads it
// and says what to do. Texts never hold secrets or message content.

#include <string>
#include <string_view>

namespace mailkeep::common {

enum class ErrorKind {
  Cancelled,  // a stop was asked for: stop quietly
  Timeout,    // a deadline passed: the same account later, with back-off
  Network,    // not reachable or the line was cut: later, with back-off
  Throttled,  // the other side asked for patience: later
  Database,   // the database cannot be reached or failed: later
  Tls,        // no trust: pause, tell a person, never fall back to less
  Auth,       // login refused: pause, tell a person
  Protocol,   // the other side broke its own rules: drop the connection
  Limit,      // a named limit was passed: record why, go on with the next
  Malformed,  // input that cannot be understood
  Disk,       // the disk is full or failing: a writer stops
  Index,      // the search index cannot be read or written
  Corrupt,    // stored bytes do not match their digest: stop using them, alarm
  NotFound,   // the caller asked for something that is not there
  Conflict,   // the caller's wish does not fit what is there
  Busy,       // somebody else holds the lock: try again later
  Usage,      // wrong use of the command line or the API
  Config,     // wrong or missing configuration, missing rights
  NotBuilt,   // belongs to a later version
};

struct Error {
  ErrorKind kind;
  std::string text;
};

// "timeout", "network", ...: stable words for logs and JSON.
std::string_view name_of(ErrorKind kind);

}  // namespace mailkeep::common
