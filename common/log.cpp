// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "common/printable.h"

namespace mailkeep::common {
namespace {

constexpr std::size_t kMaxValueBytes = 1024;  // a server's text may be as long as it likes
std::atomic<LogLevel> threshold{LogLevel::Warning};

std::string_view journal_prefix(LogLevel level) {
  static const bool is_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  if (!is_journal) return "";
  switch (level) {
    case LogLevel::Error:
      return "<3>";
    case LogLevel::Warning:
      return "<4>";
    case LogLevel::Info:
      return "<6>";
    case LogLevel::Debug:
      return "<7>";
  }
  return "";
}

std::string quoted(std::string_view value) {
  std::string text = printable(value.substr(0, kMaxValueBytes));
  if (!text.empty() && text.find_first_of(" \"=") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

void set_log_level(LogLevel level) { threshold = level; }

void log(LogLevel level, std::string_view event, std::initializer_list<LogKey> keys) {
  if (level > threshold.load()) return;
  std::string line(journal_prefix(level));
  line += event;
  for (const LogKey& key : keys) line += fmt::format(" {}={}", key.name, quoted(key.value));
  line += '\n';
  // One write(2) a line: lines of several threads and processes do not mix.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace mailkeep::common
