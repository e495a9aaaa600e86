// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Context: what every subcommand shares. A subcommand registers its words with CLI11 and leaves an
// action; main() runs the one that was chosen.

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "cli/settings.h"
#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::cli {

struct Context {
  Flags flags;
  bool json = false;
  Settings settings;  // loaded before the action runs
  common::SystemClock clock;
  std::stop_token stop;  // SIGINT or SIGTERM was received

  // The chosen subcommand; its value is the exit code.
  std::function<common::Result<int>()> action;

  common::Result<std::unique_ptr<store::Archive>> open_archive(store::Access access) const;
};

// Every subcommand's options go through here: the common ones are the same everywhere.
CLI::App* add_command(CLI::App& app, Context& context, const std::string& name,
                      const std::string& help, std::function<common::Result<int>()> action);

// A subcommand about one thing that is called by its name.
CLI::App* add_named_command(CLI::App& app, Context& context, const std::string& name,
                            const std::string& help, const std::string& what,
                            std::function<common::Result<int>(const std::string& name)> action);

void add_account_commands(CLI::App& app, Context& context);
void add_checkpoint_command(CLI::App& app, Context& context);
void add_export_command(CLI::App& app, Context& context);
void add_fetch_command(CLI::App& app, Context& context);
void add_hold_commands(CLI::App& app, Context& context);
void add_import_command(CLI::App& app, Context& context);
void add_index_command(CLI::App& app, Context& context);
void add_later_commands(CLI::App& app, Context& context);
void add_list_command(CLI::App& app, Context& context);
void add_outbox_commands(CLI::App& app, Context& context);
void add_raw_command(CLI::App& app, Context& context);
void add_reply_command(CLI::App& app, Context& context);
void add_report_command(CLI::App& app, Context& context);
void add_search_command(CLI::App& app, Context& context);
void add_serve_commands(CLI::App& app, Context& context);
void add_show_command(CLI::App& app, Context& context);
void add_status_command(CLI::App& app, Context& context);
void add_token_commands(CLI::App& app, Context& context);
void add_user_commands(CLI::App& app, Context& context);
void add_verify_command(CLI::App& app, Context& context);

}  // namespace mailkeep::cli
