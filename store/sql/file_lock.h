// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// FileLock: flock(2) on a file of its own. The kernel gives it up when its holder dies.

#include <filesystem>
#include <memory>
#include <string_view>

#include "common/result.h"
#include "store/sql/database.h"

namespace mailkeep::store {

class FileLock final : public Database::Lock {
 public:
  // Busy if another process, or another FileLock of this one, holds it; never waits.
  static common::Result<std::unique_ptr<Database::Lock>> take(
      const std::filesystem::path& directory, std::string_view name);
  ~FileLock() override;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  bool is_held() override;

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

}  // namespace mailkeep::store
