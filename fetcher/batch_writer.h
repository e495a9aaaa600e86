// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// BatchWriter: gathers what has arrived in one folder into batches of bounded size and hands each
// to the sealer. Not shared between threads.

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "common/result.h"
#include "fetcher/sealer.h"
#include "store/body.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

// Measured: batches of 50 to 500 messages make the commit's cost vanish behind the bytes.
inline constexpr std::size_t kBatchMessages = 500;
// A batch is handed on when it holds this much in memory. The body that fills it may itself have up
// to store::kSpoolThresholdBytes, so that no batch holds more than 16 MiB; larger bodies hold none.
inline constexpr std::uint64_t kBatchBytes = 8ULL << 20U;

class BatchWriter {
 public:
  BatchWriter(Sealer& sealer, store::EpochId epoch) : sealer_(sealer) { batch_.epoch = epoch; }

  common::Status add(store::Arrival&& arrival);
  common::Status add(store::Outcome&& outcome);
  // Hands on what was gathered. Durable only after the sealer was drained.
  common::Status flush();
  // After an error: what was gathered and not handed on.
  store::Batch take();

 private:
  Sealer& sealer_;
  store::Batch batch_;
  std::uint64_t bytes_ = 0;  // in memory
};

}  // namespace mailkeep::fetcher
