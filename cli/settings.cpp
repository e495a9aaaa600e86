// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/settings.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "common/printable.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;
using common::Status;

constexpr unsigned kMaxWorkers = 256;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path default_data_dir() {
  if (geteuid() == 0 || !environment("STATE_DIRECTORY").empty()) return "/var/lib/mailkeep";
  if (const std::string xdg = environment("XDG_DATA_HOME"); !xdg.empty())
    return std::filesystem::path(xdg) / "mailkeep";
  return std::filesystem::path(environment("HOME")) / ".local/share/mailkeep";
}

common::Result<unsigned> whole_number(const std::string& key, const std::string& value) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number == 0 ||
      number > kMaxWorkers)
    return fail(ErrorKind::Config, "{} takes a whole number from 1 to {}, not '{}'", key,
                kMaxWorkers, common::printable(value));
  return number;
}

common::Result<common::LogLevel> log_level(const std::string& value) {
  if (value == "error") return common::LogLevel::Error;
  if (value == "warning") return common::LogLevel::Warning;
  if (value == "info") return common::LogLevel::Info;
  if (value == "debug") return common::LogLevel::Debug;
  return fail(ErrorKind::Config, "log-level takes error, warning, info or debug, not '{}'",
              common::printable(value));
}

Status apply(Settings& settings, const std::string& key, const std::string& value) {
  if (key == "store") {
    settings.store = value;
  } else if (key == "data") {
    settings.data = value;
  } else if (key == "workers") {
    MAILKEEP_TRY(count, whole_number(key, value));
    settings.workers = count;
  } else if (key == "connections-per-host") {
    MAILKEEP_TRY(count, whole_number(key, value));
    settings.connections_per_host = count;
  } else if (key == "log-level") {
    MAILKEEP_TRY(level, log_level(value));
    settings.log_level = level;
  } else {
    return fail(
        ErrorKind::Config,
        "unknown key '{}'; known keys: store, data, workers, connections-per-host, log-level",
        common::printable(key));
  }
  return {};
}

Status apply_line(Settings& settings, const std::string& line) {
  const std::string text = trimmed(line);
  if (text.empty() || text.front() == '#') return {};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    return fail(ErrorKind::Config, "'{}' is not of the form key = value", common::printable(text));
  return apply(settings, trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)));
}

Status apply_file(Settings& settings, const std::string& path) {
  std::ifstream file(path);
  if (!file)
    return fail(ErrorKind::Config, "configuration file {} cannot be read", common::printable(path));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const Status applied = apply_line(settings, line);
    if (!applied)
      return fail(ErrorKind::Config, "{}, line {}: {}", common::printable(path), number,
                  applied.error().text);
  }
  return {};
}

}  // namespace

common::Result<Settings> load_settings(const Flags& flags) {
  Settings settings;
  settings.data = default_data_dir();
  std::error_code ignored;
  if (!flags.config.empty())
    MAILKEEP_CHECKED(apply_file(settings, flags.config));
  else if (std::filesystem::exists(kConfigFile, ignored))
    MAILKEEP_CHECKED(apply_file(settings, kConfigFile));
  if (const std::string level = environment("MAILKEEP_LOG_LEVEL"); !level.empty())
    MAILKEEP_CHECKED(apply(settings, "log-level", level));
  if (const std::string store = environment("MAILKEEP_STORE"); !store.empty())
    settings.store = store;
  if (const std::string data = environment("MAILKEEP_DATA"); !data.empty()) settings.data = data;
  if (!flags.store.empty()) settings.store = flags.store;
  if (!flags.data.empty()) settings.data = flags.data;
  settings.data = std::filesystem::absolute(settings.data, ignored);
  return settings;
}

}  // namespace mailkeep::cli
