// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Settings: flag > environment > configuration file > default.
//
// The file is `key = value`, one a line, '#' begins a comment; an unknown key is an error. Keys:
// store, data, workers, connections-per-host, log-level.

#include <filesystem>
#include <optional>
#include <string>

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

struct Settings {
  std::string store;  // URL; empty: the SQLite file in data
  std::filesystem::path data;
  unsigned workers = 8;
  unsigned connections_per_host = 8;
  common::LogLevel log_level = common::LogLevel::Warning;
};

// Errors: Config, with file, line and what to do.
common::Result<Settings> load_settings(const Flags& flags);

}  // namespace mailkeep::cli
