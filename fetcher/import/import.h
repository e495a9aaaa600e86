// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Import: mail that lies in files already (mbox, Maildir, .eml) into an account of its own, through
// the same seal as fetched mail.
//
// A message's place is (source path as folder, offset or file name as uidl); importing the same
// source again adds nothing. Files are only read. Durable up to the last sealed batch on return or
// death. Errors: Database, Disk, Busy (another import into the same account), Cancelled.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::fetcher {

struct ImportTrouble {
  std::filesystem::path path;
  std::string reason;
};

struct ImportReport {
  std::uint64_t messages = 0;  // sightings written
  std::uint64_t already_there = 0;
  std::uint64_t bytes = 0;
  std::vector<ImportTrouble> failed;            // files that could not be read
  std::vector<std::filesystem::path> not_mail;  // files in a tree that are no mail by name or start
};

using ImportProgress = std::function<void(const ImportReport&)>;

common::Result<ImportReport> import_paths(store::Archive& archive, const std::string& account,
                                          const std::vector<std::filesystem::path>& paths,
                                          const ImportProgress& progress, std::stop_token stop);

}  // namespace mailkeep::fetcher
