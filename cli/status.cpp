// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep status: what the archive holds, how far the index is, how old the last checkpoint is.

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "indexer/indexer.h"
#include "indexer/search/searcher.h"
#include "store/checkpoints.h"
#include "store/overview.h"

namespace mailkeep::cli {
namespace {

struct Status {
  store::Overview store;
  std::optional<store::Checkpoint> checkpoint;
  std::optional<std::int64_t> index_position;
};

common::Result<Status> look(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  Status status;
  MAILKEEP_TRY(counts, store::overview(*archive));
  status.store = counts;
  MAILKEEP_TRY(checkpoint, store::latest_checkpoint(*archive));
  status.checkpoint = checkpoint;
  auto searcher = search::Searcher::open(indexer::index_dir(*archive));
  if (!searcher && searcher.error().kind != common::ErrorKind::NotFound)
    return tl::unexpected(searcher.error());
  if (searcher) {
    MAILKEEP_TRY(position, searcher->watermark());
    status.index_position = position;
  }
  return status;
}

common::Status print_as_json(const Status& status) {
  Poco::JSON::Object object = json_object();
  object.set("engine", status.store.engine);
  object.set("schema", status.store.schema);
  object.set("accounts", status.store.accounts);
  object.set("messages", status.store.messages);
  object.set("sightings", status.store.sightings);
  object.set("raw_bytes", status.store.raw_bytes);
  object.set("stored_bytes", status.store.stored_bytes);
  object.set("log_entries", status.store.log_entries);
  object.set("index_position", status.index_position ? Poco::Dynamic::Var(*status.index_position)
                                                     : Poco::Dynamic::Var());
  Poco::Dynamic::Var checkpoint;
  if (status.checkpoint) {
    Poco::JSON::Object one = json_object();
    one.set("size", status.checkpoint->size);
    one.set("time", common::rfc3339(status.checkpoint->time));
    checkpoint = one;
  }
  object.set("checkpoint", checkpoint);
  object.set("secret_key_id", status.store.secret_key_id);
  return print_json(object);
}

common::Status print_for_people(const Status& status) {
  const store::Overview& store = status.store;
  MAILKEEP_CHECKED(print("store        {}, schema {}\n", store.engine, store.schema));
  MAILKEEP_CHECKED(print("accounts     {}\n", store.accounts));
  MAILKEEP_CHECKED(print("messages     {} in {} places\n", store.messages, store.sightings));
  MAILKEEP_CHECKED(print("bytes        {} of mail in {}\n", human_bytes(store.raw_bytes),
                         human_bytes(store.stored_bytes)));
  MAILKEEP_CHECKED(print("log          {} entries\n", store.log_entries));
  MAILKEEP_CHECKED(
      print("index        {}\n", status.index_position
                                     ? fmt::format("at log position {}", *status.index_position)
                                     : "not made yet; run 'mailkeep index'"));
  MAILKEEP_CHECKED(
      print("checkpoint   {}\n", status.checkpoint
                                     ? fmt::format("{} entries, signed {}", status.checkpoint->size,
                                                   common::rfc3339(status.checkpoint->time))
                                     : "none yet; run 'mailkeep checkpoint'"));
  return print("secret key   {}\n", store.secret_key_id.empty() ? "none yet" : store.secret_key_id);
}

common::Result<int> run(const Context& context) {
  MAILKEEP_TRY(status, look(context));
  MAILKEEP_CHECKED(context.json ? print_as_json(status) : print_for_people(status));
  return kDone;
}

}  // namespace

void add_status_command(CLI::App& app, Context& context) {
  add_command(app, context, "status", "What the archive holds and how far each part is",
              [&context] { return run(context); });
}

}  // namespace mailkeep::cli
