// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Files and directories that only their owner may open. Private to store/.
// Errors: Config (rights: the text names the command to run), Disk.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace mailkeep::store {

// Makes the directory with mode 0700, and its parents, unless it is there.
common::Status make_private_directory(const std::filesystem::path& directory);

// Makes an empty file with mode 0600 unless it is there; its name is durable on return.
common::Status make_private_file(const std::filesystem::path& file);

// Writes a new file with mode 0600, durable on return. Conflict if it is there already.
common::Status write_new_private_file(const std::filesystem::path& file, std::string_view content);

// At most max_bytes of a file, nothing if there is none. Config if others than its owner may read
// it.
common::Result<std::optional<std::string>> read_private_file(const std::filesystem::path& file,
                                                             std::size_t max_bytes);

}  // namespace mailkeep::store
