// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the commands about users and tokens share.

#include <string>
#include <vector>

#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"
#include "store/users.h"

namespace mailkeep::cli {

// Who is at the command line, as the log shall say it: "cli:root".
std::string local_actor();

// Usage, not NotFound: a name that was typed wrong is wrong use.
common::Result<store::User> find_user(store::Archive& archive, const std::string& name);
common::Result<std::vector<store::AccountId>> account_ids(store::Archive& archive,
                                                          const std::vector<std::string>& names);
common::Result<std::vector<std::string>> names_of_accounts(
    store::Archive& archive, const std::vector<store::AccountId>& ids);

}  // namespace mailkeep::cli
