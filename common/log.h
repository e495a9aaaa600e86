// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Log lines for the journal: an event name and keys, one line each, to standard error.
//
//   fetch.message.stored account=anna folder=INBOX uid=4711
//
// Values are made printable, so that nothing a server or a sender wrote can forge a second line.
// Levels follow sd-daemon(3) prefixes when standard error is the journal. Any thread may call.

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace mailkeep::common {

enum class LogLevel { Error, Warning, Info, Debug };

struct LogKey {
  std::string_view name;
  std::string value;

  template <class T>
  LogKey(std::string_view key, const T& given) : name(key), value(fmt::format("{}", given)) {}
};

void set_log_level(LogLevel level);  // default Warning; set once in main
void log(LogLevel level, std::string_view event, std::initializer_list<LogKey> keys);

}  // namespace mailkeep::common
