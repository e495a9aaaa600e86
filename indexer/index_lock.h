// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// IndexLock: the one writer of a data directory's index, by flock(2) on <data>/index.lock. Dies
// with the process. Private to indexer/.

#include <filesystem>
#include <optional>

#include "common/result.h"

namespace mailkeep::indexer {

class IndexLock {
 public:
  // Nothing if somebody else has it. Errors: Disk.
  static common::Result<std::optional<IndexLock>> try_take(const std::filesystem::path& data_dir);
  IndexLock(IndexLock&& other) noexcept;
  IndexLock& operator=(IndexLock&&) = delete;
  ~IndexLock();

 private:
  explicit IndexLock(int file) : file_(file) {}
  int file_;
};

}  // namespace mailkeep::indexer
