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
constexpr unsigned kMaxInterval = 7 * 24 * 3600;  // seconds
constexpr unsigned kMaxPort = 65'535;

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

common::Result<unsigned> whole_number(const std::string& key, const std::string& value,
                                      unsigned least = 1, unsigned most = kMaxWorkers) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least || number > most)
    return fail(ErrorKind::Config, "{} takes a whole number from {} to {}, not '{}'", key, least,
                most, common::printable(value));
  return number;
}

common::Result<bool> one_of(const std::string& key, const std::string& value, const char* yes,
                            const char* no) {
  if (value == yes) return true;
  if (value == no) return false;
  return fail(ErrorKind::Config, "{} takes {} or {}, not '{}'", key, yes, no,
              common::printable(value));
}

common::Result<common::LogLevel> log_level(const std::string& value) {
  if (value == "error") return common::LogLevel::Error;
  if (value == "warning") return common::LogLevel::Warning;
  if (value == "info") return common::LogLevel::Info;
  if (value == "debug") return common::LogLevel::Debug;
  return fail(ErrorKind::Config, "log-level takes error, warning, info or debug, not '{}'",
              common::printable(value));
}

Status apply_to_service(ServeSettings& settings, const std::string& key, const std::string& value) {
  if (key == "listen") return set_listen(settings, value);
  if (key == "tls-cert") {
    settings.tls_cert = value;
  } else if (key == "tls-key") {
    settings.tls_key = value;
  } else if (key == "insecure-listen") {
    MAILKEEP_TRY(is_allowed, one_of(key, value, "yes", "no"));
    settings.insecure_listen = is_allowed;
  } else if (key == "allowed-host") {
    settings.allowed_hosts.push_back(value);
  } else if (key == "fetch-interval") {
    MAILKEEP_TRY(seconds, whole_number(key, value, 1, kMaxInterval));
    settings.fetch_interval = seconds;
  } else if (key == "metrics") {
    MAILKEEP_TRY(is_open, one_of(key, value, "open", "token"));
    settings.metrics_open = is_open;
  } else {
    return fail(ErrorKind::Config, "unknown key '{}'; docs/operations.md lists the keys there are",
                common::printable(key));
  }
  return {};
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
    return apply_to_service(settings.serve, key, value);
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

Status set_listen(ServeSettings& settings, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string address = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  if (address.empty())
    return fail(ErrorKind::Config, "listen takes ADDRESS:PORT such as 127.0.0.1:8025, not '{}'",
                common::printable(text));
  MAILKEEP_TRY(port, whole_number("the port of listen", text.substr(colon + 1), 0, kMaxPort));
  settings.address = address;
  settings.port = static_cast<std::uint16_t>(port);
  return {};
}

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
