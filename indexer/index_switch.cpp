// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/index_switch.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mailkeep::indexer {
namespace {

tl::unexpected<common::Error> disk_error(const std::filesystem::path& path, int number) {
  return common::fail(common::ErrorKind::Disk, "cannot put the new index in place at {}: {}",
                      path.string(), std::generic_category().message(number));
}

common::Status sync_directory(const std::filesystem::path& directory) {
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return disk_error(directory, errno);
  const int problem = fsync(file) == 0 ? 0 : errno;
  close(file);
  if (problem != 0) return disk_error(directory, problem);
  return {};
}

}  // namespace

common::Status remove_index(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  if (error) return disk_error(directory, error.value());
  return {};
}

common::Status switch_index(const std::filesystem::path& fresh,
                            const std::filesystem::path& current) {
  std::error_code error;
  const bool has_old = std::filesystem::exists(current, error);
  const unsigned how = has_old ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  // If we die here: the old index is in place, and the half-known new one is removed by the next
  // rebuild. Order: exchange first, remove the old one only when the new name is durable.
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, current.c_str(), how) != 0)
    return disk_error(current, errno);
  MAILKEEP_CHECKED(sync_directory(current.parent_path()));
  return has_old ? remove_index(fresh) : common::Status();
}

}  // namespace mailkeep::indexer
