// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep index: bring the index up to the log, or stay and follow it.

#include <memory>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/index_follow.h"
#include "cli/output.h"
#include "cli/progress_line.h"
#include "indexer/indexer.h"

namespace mailkeep::cli {
namespace {

// An indexer at work on a first import may take its time; it moves on, so waiting ends.
constexpr std::chrono::seconds kWaitForIndexer = std::chrono::minutes(30);

struct IndexFlags {
  bool rebuild = false;
  bool watch = false;
};

void show(ProgressLine& line, const indexer::IndexProgress& progress) {
  line.show(fmt::format("indexing: {} of {} log entries, {} messages", progress.position,
                        progress.end, progress.documents));
}

common::Result<int> run(const Context& context, const IndexFlags& flags) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  ProgressLine line;
  indexer::IndexOptions options;
  options.rebuild = flags.rebuild;
  options.progress = [&](const indexer::IndexProgress& progress) { show(line, progress); };
  if (flags.watch) {
    MAILKEEP_CHECKED(indexer::follow(*archive, options, context.stop));
    return kDone;
  }
  MAILKEEP_TRY(report, indexer::bring_up(*archive, options, context.stop));
  line.clear();
  if (context.json) {
    Poco::JSON::Object object = json_object();
    object.set("documents", report.documents);
    object.set("unsearchable", report.unsearchable);
    object.set("watermark", report.watermark);
    MAILKEEP_CHECKED(print_json(object));
    return kDone;
  }
  MAILKEEP_CHECKED(
      print("{} message{} indexed{}; the index is at log position {}\n", report.documents,
            report.documents == 1 ? "" : "s",
            report.unsearchable > 0
                ? fmt::format(", {} with parts that cannot be searched", report.unsearchable)
                : "",
            report.watermark));
  return kDone;
}

}  // namespace

common::Status bring_index_up(const Context& context, store::Archive& archive) {
  ProgressLine line;
  indexer::IndexOptions options;
  options.wait_for_lock = kWaitForIndexer;
  options.progress = [&](const indexer::IndexProgress& progress) { show(line, progress); };
  MAILKEEP_CHECKED(indexer::bring_up(archive, options, context.stop));
  return {};
}

void add_index_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<IndexFlags>();
  CLI::App* const command =
      add_command(app, context, "index", "Bring the search index up to the log",
                  [&context, flags] { return run(context, *flags); });
  command->add_flag("--rebuild", flags->rebuild,
                    "build a new index beside the old one, then switch");
  command->add_flag("--watch", flags->watch, "stay and follow the log");
}

}  // namespace mailkeep::cli
