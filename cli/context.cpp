// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/context.h"

#include <utility>

namespace mailkeep::cli {

common::Result<std::unique_ptr<store::Archive>> Context::open_archive(store::Access access) const {
  return store::Archive::open({settings.store, settings.data, access}, clock);
}

CLI::App* add_command(CLI::App& app, Context& context, const std::string& name,
                      const std::string& help, std::function<common::Result<int>()> action) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->fallthrough();  // --store, --config, --data and --json may stand anywhere
  command->callback([&context, action = std::move(action)] { context.action = action; });
  return command;
}

CLI::App* add_named_command(CLI::App& app, Context& context, const std::string& name,
                            const std::string& help, const std::string& what,
                            std::function<common::Result<int>(const std::string& name)> action) {
  auto given = std::make_shared<std::string>();
  CLI::App* const command = add_command(
      app, context, name, help, [action = std::move(action), given] { return action(*given); });
  command->add_option("NAME", *given, what)->required();
  return command;
}

}  // namespace mailkeep::cli
