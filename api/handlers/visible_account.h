// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "api/auth.h"
#include "api/problem.h"
#include "api/services.h"
#include "store/accounts.h"

namespace mailkeep::api {

// not-found for one that is not there and for one that is not the caller's, in the same words.
tl::expected<store::Account, Problem> find_visible_account(Services& services, const Caller& caller,
                                                           const std::string& id);

}  // namespace mailkeep::api
