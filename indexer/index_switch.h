// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Puts a newly built index in the place of the old one. Private to indexer/.

#include <filesystem>

#include "common/result.h"

namespace mailkeep::indexer {

// At every moment there is a whole index under `current`: the old one or the new one. Readers that
// have the old one open keep reading it. The old one is removed afterwards.
common::Status switch_index(const std::filesystem::path& fresh,
                            const std::filesystem::path& current);

// Removes a directory that may not be there.
common::Status remove_index(const std::filesystem::path& directory);

}  // namespace mailkeep::indexer
