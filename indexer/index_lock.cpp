// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/index_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mailkeep::indexer {

common::Result<std::optional<IndexLock>> IndexLock::try_take(
    const std::filesystem::path& data_dir) {
  const std::filesystem::path path = data_dir / "index.lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return common::fail(common::ErrorKind::Disk, "cannot open {}: {}", path.string(),
                        std::generic_category().message(errno));
  IndexLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return std::optional<IndexLock>(std::move(lock));
  if (errno == EWOULDBLOCK) return std::optional<IndexLock>();
  return common::fail(common::ErrorKind::Disk, "cannot lock {}: {}", path.string(),
                      std::generic_category().message(errno));
}

IndexLock::IndexLock(IndexLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

IndexLock::~IndexLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace mailkeep::indexer
