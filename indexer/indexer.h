// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Indexer: follows the log from its watermark, parses in the sandbox, writes documents and its
// watermark in one Xapian commit. The index is a cache in <data>/index: it can be deleted at any
// time.
//
// One writer for each data directory (a lock in <data>); Busy if another one is at work and
// `wait_for_lock` has passed. Errors: Busy, Index, Disk, Database, Cancelled.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>

#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::indexer {

struct IndexProgress {
  std::int64_t position = 0;  // log position reached
  std::int64_t end = 0;       // where the log ended at the start of this run
  std::uint64_t documents = 0;
};

struct IndexOptions {
  bool rebuild = false;  // start from an empty index beside the old one, then switch
  std::chrono::seconds wait_for_lock{0};
  std::function<void(const IndexProgress&)> progress;
  // Told by follow() after each look, with what it came to: a sign of life.
  std::function<void(const common::Status&)> on_look;
  std::filesystem::path parser_program = "/proc/self/exe";  // see message/parser_pool.h
};

struct IndexReport {
  std::uint64_t documents = 0;     // written or rewritten
  std::uint64_t unsearchable = 0;  // documents that carry a reason
  std::int64_t watermark = 0;
};

// Brings the index up to the log and returns.
common::Result<IndexReport> bring_up(store::Archive& archive, const IndexOptions& options,
                                     std::stop_token stop);
// Stays and follows the log until asked to stop. Looks for its end five times a second and commits
// only as often as readers can bear: a message is found within a second of its commit in an index
// of a million documents, later in larger ones. Progress is told as by bring_up().
common::Status follow(store::Archive& archive, const IndexOptions& options, std::stop_token stop);

std::filesystem::path index_dir(const store::Archive& archive);

}  // namespace mailkeep::indexer
