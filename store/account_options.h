// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The settings that came after schema 1, as one column: `name=value` a line, sorted by name, those
// that are not set left out. Pure. Private to store/.

#include <string>
#include <string_view>

#include "common/result.h"
#include "store/accounts.h"

namespace mailkeep::store {

std::string options_text(const AccountSettings& settings);  // empty if none is set
// Corrupt unless it is exactly a text that options_text() writes.
common::Status read_options(std::string_view text, AccountSettings& settings);

}  // namespace mailkeep::store
