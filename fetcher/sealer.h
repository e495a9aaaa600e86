// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Sealer: seals batches in a thread of its own, so that the line to the server stays busy
// meanwhile.
//
// One batch is being sealed and one may wait; whoever brings a third waits (back-pressure reaches
// the server through the socket). Batches are sealed in the order they came. After the first error
// nothing more is sealed. What was not sealed was not reported anywhere: it is fetched again.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/result.h"
#include "store/lease.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

class Sealer {
 public:
  // Called in the sealer's thread, after what it counts is durable.
  using OnSealed = std::function<void(const store::SealReport&)>;

  // Ledger and lease are used by the sealer's thread alone between put() and drain().
  Sealer(store::Ledger& ledger, store::Lease& lease, OnSealed on_sealed);
  ~Sealer();  // what still waits is dropped
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // Takes what is in the batch; on error it stays with the caller.
  common::Status put(store::Batch& batch);
  // Until all that was put is durable. The first error, if one happened.
  common::Status drain();
  // After an error: what was put and is not known to be durable. The bytes are there still.
  std::vector<store::Batch> take_unsealed();

 private:
  void work(const std::stop_token& stop);
  common::Status seal(store::Batch& batch);
  common::Status outcome() const;

  store::Ledger& ledger_;
  store::Lease& lease_;
  OnSealed on_sealed_;
  std::mutex mutex_;  // guards the five below; not held while sealing
  std::condition_variable_any changed_;
  std::optional<store::Batch> waiting_;
  std::vector<store::Batch> unsealed_;
  bool is_sealing_ = false;
  std::optional<common::Error> error_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace mailkeep::fetcher
