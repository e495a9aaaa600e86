// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Archive: one opened store, its database and its data directory.
//
// URL: "sqlite:///absolute/path" or "postgresql://user:password@host:port/database"; empty means
// <data>/mailkeep.sqlite. The first writing command creates schema, data directory and a 0600 key.
//
// Errors of open(): Config (bad URL, not allowed to create or migrate: the text names the command
// and who must run it), Database (cannot be reached), Disk, Conflict (schema newer than this
// program). Threads: safe to share; each unit of work leases its own connection.

#include <filesystem>
#include <memory>
#include <string>

#include "common/clock.h"
#include "common/result.h"

namespace mailkeep::store {

class Database;

enum class Access { ReadOnly, ReadWrite };  // ReadOnly never creates, migrates or writes

struct ArchiveOptions {
  std::string url;
  std::filesystem::path data_dir;
  Access access = Access::ReadWrite;
};

class Archive {
 public:
  // The clock must outlive the archive.
  static common::Result<std::unique_ptr<Archive>> open(const ArchiveOptions& options,
                                                       const common::Clock& clock);
  ~Archive();

  Database& database() { return *database_; }
  const std::filesystem::path& data_dir() const { return data_dir_; }
  const common::Clock& clock() const { return *clock_; }

 private:
  Archive(std::unique_ptr<Database> database, std::filesystem::path data_dir,
          const common::Clock& clock);
  std::unique_ptr<Database> database_;
  std::filesystem::path data_dir_;
  const common::Clock* clock_;
};

}  // namespace mailkeep::store
