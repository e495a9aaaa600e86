// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep checkpoint: sign the log's head now, or keep signing.

#include <chrono>
#include <memory>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/pause.h"
#include "store/checkpoints.h"

namespace mailkeep::cli {
namespace {

// An attacker with the database can rewrite at most what was added since the last signature.
constexpr std::chrono::seconds kInterval(10);

common::Status print_checkpoint(const Context& context, const store::Checkpoint& checkpoint) {
  if (!context.json) {
    MAILKEEP_CHECKED(print("{}", checkpoint.note));
    return flush_out();
  }
  Poco::JSON::Object object = json_object();
  object.set("size", checkpoint.size);
  object.set("time", common::rfc3339(checkpoint.time));
  object.set("note", checkpoint.note);
  MAILKEEP_CHECKED(print_json(object));
  return flush_out();
}

common::Result<int> run(const Context& context, bool watch) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  std::uint64_t last_size = 0;
  while (true) {
    MAILKEEP_TRY(checkpoint, store::sign_checkpoint(*archive));
    if (!watch || checkpoint.size != last_size)
      MAILKEEP_CHECKED(print_checkpoint(context, checkpoint));
    last_size = checkpoint.size;
    if (!watch) return kDone;
    common::pause(kInterval, context.stop);
    if (context.stop.stop_requested()) return kDone;
  }
}

}  // namespace

void add_checkpoint_command(CLI::App& app, Context& context) {
  auto watch = std::make_shared<bool>(false);
  CLI::App* const command = add_command(app, context, "checkpoint", "Sign the log's head",
                                        [&context, watch] { return run(context, *watch); });
  command->add_flag("--watch", *watch, "keep signing, every 10 seconds when the log has grown");
}

}  // namespace mailkeep::cli
