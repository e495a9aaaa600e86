// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Account names on the command line: an unknown one is wrong use, found before any work begins.

#include <string>
#include <vector>

#include "common/result.h"
#include "store/accounts.h"

namespace mailkeep::cli {

common::Result<store::Account> find_account(store::Archive& archive, const std::string& name);
common::Status check_account_names(store::Archive& archive, const std::vector<std::string>& names);

}  // namespace mailkeep::cli
