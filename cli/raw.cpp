// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep raw: the exact bytes, to standard output, after their digest was checked.

#include <memory>
#include <string>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "store/contents.h"

namespace mailkeep::cli {
namespace {

common::Result<int> run(const Context& context, const std::string& id) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  store::Contents contents(*archive);
  MAILKEEP_TRY(digest, contents.resolve(id));
  MAILKEEP_CHECKED(contents.check_then_read(digest, write_out));
  return kDone;
}

}  // namespace

void add_raw_command(CLI::App& app, Context& context) {
  auto id = std::make_shared<std::string>();
  CLI::App* const command = add_command(app, context, "raw", "The exact bytes of a message",
                                        [&context, id] { return run(context, *id); });
  command->add_option("ID", *id, "SHA-256 in hex, or an unambiguous prefix")->required();
}

}  // namespace mailkeep::cli
