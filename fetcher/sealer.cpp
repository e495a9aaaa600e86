// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/sealer.h"

#include <utility>

#include "common/fault_point.h"

namespace mailkeep::fetcher {

using common::ErrorKind;

Sealer::Sealer(store::Ledger& ledger, store::Lease& lease, OnSealed on_sealed)
    : ledger_(ledger),
      lease_(lease),
      on_sealed_(std::move(on_sealed)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Sealer::~Sealer() {
  thread_.request_stop();
  thread_.join();
}

common::Status Sealer::put(store::Batch& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !waiting_ || error_; });
  MAILKEEP_CHECKED(outcome());
  waiting_ = std::move(batch);
  changed_.notify_all();
  return {};
}

common::Status Sealer::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return (!waiting_ && !is_sealing_) || error_; });
  // Even after an error the thread must have let go of the ledger.
  changed_.wait(lock, [&] { return !is_sealing_; });
  return outcome();
}

void Sealer::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return waiting_.has_value(); })) {
    store::Batch batch = std::move(*waiting_);
    waiting_.reset();
    is_sealing_ = true;
    changed_.notify_all();
    lock.unlock();
    auto status = seal(batch);
    lock.lock();
    is_sealing_ = false;
    if (!status) {
      error_ = std::move(status).error();
      unsealed_.push_back(std::move(batch));
    }
    changed_.notify_all();
    if (error_ || stop.stop_requested()) return;
  }
}

common::Status Sealer::seal(store::Batch& batch) {
  // Order: the lock is asked about before the write. Without it another host may be at work on the
  // account, and two hands in one ledger are one too many.
  if (!lease_.is_held()) {
    return common::fail(ErrorKind::Busy, "the lock on the account was lost; try again later");
  }
  MAILKEEP_TRY(report, ledger_.seal(std::move(batch)));
  // If we die here: the batch is durable and was only not counted on the screen.
  on_sealed_(report);
  MAILKEEP_PHASE("fetch");
  return {};
}

std::vector<store::Batch> Sealer::take_unsealed() {
  const std::lock_guard lock(mutex_);
  std::vector<store::Batch> batches = std::exchange(unsealed_, {});
  if (waiting_) batches.push_back(*std::exchange(waiting_, std::nullopt));
  return batches;
}

common::Status Sealer::outcome() const {
  if (error_) return tl::unexpected(*error_);
  return {};
}

}  // namespace mailkeep::fetcher
