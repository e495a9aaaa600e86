// SPDX-License-Identifier: GPL-3.0-or-later
// Words that are kept for what is not built yet: they answer with 64 and say so, whatever follows
// them.

#include "cli/context.h"

namespace mailkeep::cli {

void add_later_commands(CLI::App& app, Context& context) {
  for (const char* word : {"retention"}) {
    CLI::App* const command =
        add_command(app, context, word, "(not built yet)", [word]() -> common::Result<int> {
          return common::fail(common::ErrorKind::NotBuilt, "{} is not built yet", word);
        });
    command->fallthrough(false)->allow_extras()->prefix_command();
  }
}

}  // namespace mailkeep::cli
