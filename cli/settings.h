// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Settings: flag > environment > configuration file > default.
//
// The file is `key = value`, one a line, '#' begins a comment; an unknown key is an error. The keys
// are those of docs/operations.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/log.h"
#include "common/result.h"

namespace mailkeep::cli {

inline constexpr const char* kConfigFile = "/etc/mailkeep/mailkeep.conf";

// What the command line gave; empty where it gave nothing.
struct Flags {
  std::string store;
  std::string data;
  std::string config;
};

// How the service is reached.
struct ServeSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8025;  // 0: any free one
  std::string tls_cert;       // PEM; empty: no TLS
  std::string tls_key;
  bool insecure_listen = false;  // beyond this machine without TLS
  std::vector<std::string> allowed_hosts;
  std::uint32_t fetch_interval = 300;  // seconds
  bool metrics_open = false;           // without a token, from this machine
};

struct Settings {
  std::string store;  // URL; empty: the SQLite file in data
  std::filesystem::path data;
  unsigned workers = 8;
  unsigned connections_per_host = 8;
  common::LogLevel log_level = common::LogLevel::Warning;
  ServeSettings serve;
};

// "127.0.0.1:8025", "[::1]:0". Errors: Config.
common::Status set_listen(ServeSettings& settings, const std::string& text);

// Errors: Config, with file, line and what to do.
common::Result<Settings> load_settings(const Flags& flags);

}  // namespace mailkeep::cli
