// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/batch_writer.h"

#include <utility>

namespace mailkeep::fetcher {

common::Status BatchWriter::add(store::Arrival&& arrival) {
  if (arrival.body.size() <= store::kSpoolThresholdBytes) bytes_ += arrival.body.size();
  batch_.arrivals.push_back(std::move(arrival));
  if (batch_.arrivals.size() < kBatchMessages && bytes_ < kBatchBytes) return {};
  return flush();
}

common::Status BatchWriter::add(store::Outcome&& outcome) {
  batch_.outcomes.push_back(std::move(outcome));
  return {};
}

store::Batch BatchWriter::take() {
  store::Batch taken = std::exchange(batch_, store::Batch());
  batch_.epoch = taken.epoch;
  batch_.rules = taken.rules;
  return taken;
}

common::Status BatchWriter::flush() {
  if (batch_.arrivals.empty() && batch_.outcomes.empty()) return {};
  store::Batch full = take();
  bytes_ = 0;
  auto status = sealer_.put(full);
  if (!status) batch_ = std::move(full);
  return status;
}

}  // namespace mailkeep::fetcher
