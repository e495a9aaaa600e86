// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/parts.h"

#include <utility>

#include "common/pause.h"
#include "indexer/indexer.h"
#include "store/checkpoints.h"
#include "store/journal.h"

namespace mailkeep::cli {

using common::Status;

namespace {

// An attacker with the database can rewrite at most what was added since the last signature.
constexpr std::chrono::seconds kSignInterval{10};
// Of a message whose bytes are on their way when the service must end: the whole has 10 s.
constexpr std::chrono::seconds kSendGrace{6};
// A commit of a large index, and a batch of parsing before it, say nothing meanwhile.
constexpr std::chrono::minutes kIndexPatience{10};

// Signs what has grown since; the head it has signed last.
Status sign_growth(store::Archive& archive, std::int64_t& signed_size) {
  MAILKEEP_TRY(size, store::Journal(archive).size());
  if (store::number(size) == signed_size) return {};
  MAILKEEP_TRY(checkpoint, store::sign_checkpoint(archive));
  signed_size = static_cast<std::int64_t>(checkpoint.size);
  return {};
}

}  // namespace

Part fetch_part(store::Archive& archive, const Settings& settings, SchedulerPtr& scheduler) {
  auto state = std::make_shared<PartState*>(nullptr);
  fetcher::SchedulerOptions options;
  options.interval = std::chrono::seconds(settings.serve.fetch_interval);
  options.workers = settings.workers;
  options.connections_per_host = settings.connections_per_host;
  options.on_look = [state] { (*state)->beat(); };
  scheduler = std::make_shared<fetcher::Scheduler>(archive, std::move(options));
  return {"fetch", [state, scheduler](PartState& own, const std::stop_token& stop) {
            *state = &own;
            return scheduler->run(stop);
          }};
}

Part index_part(store::Archive& archive) {
  const auto run = [&archive](PartState& state, const std::stop_token& stop) {
    indexer::IndexOptions options;
    options.progress = [&state](const indexer::IndexProgress&) { state.beat(); };
    options.on_look = [&state](const Status& looked) { state.beat(looked); };
    return indexer::follow(archive, options, stop);
  };
  return {"index", run, kIndexPatience};
}

Part sign_part(store::Archive& archive) {
  return {"sign", [&archive](PartState& state, const std::stop_token& stop) -> Status {
            std::int64_t signed_size = -1;
            while (!stop.stop_requested()) {
              MAILKEEP_CHECKED(sign_growth(archive, signed_size));
              state.beat();
              common::pause(kSignInterval, stop);
            }
            // What happened last is signed too.
            return sign_growth(archive, signed_size);
          }};
}

Part outbox_part(store::Archive& archive, DeliveryPtr& delivery) {
  delivery = std::make_shared<reply::Delivery>(archive);
  return {"outbox", [delivery](PartState& state, const std::stop_token& stop) {
            return delivery->run(stop, kSendGrace,
                                 [&state](const Status& looked) { state.beat(looked); });
          }};
}

std::vector<api::AccountActivity> activities_of(const fetcher::Scheduler& scheduler) {
  std::vector<api::AccountActivity> all;
  for (const fetcher::AccountStatus& status : scheduler.status()) {
    api::AccountActivity activity;
    activity.account = status.account;
    activity.state = fetcher::name_of(status.activity);
    activity.next_due = status.next_due;
    if (status.progress) {
      activity.messages = status.progress->messages;
      activity.expected = status.progress->expected;
    }
    all.push_back(std::move(activity));
  }
  return all;
}

}  // namespace mailkeep::cli
