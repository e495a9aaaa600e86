// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// run_account: one pass over one account, from taking its lease to the pass's record in the ledger.

#include <stop_token>

#include "fetcher/fetch.h"
#include "fetcher/progress.h"
#include "fetcher/server.h"
#include "store/accounts.h"
#include "store/archive.h"

namespace mailkeep::fetcher {

// The account's server and sealed password.
common::Result<Server> server_of(store::Archive& archive, const store::Account& account);

// Whatever goes wrong is in the result.
AccountResult run_account(store::Archive& archive, const store::Account& account,
                          ProgressReport& progress, std::stop_token stop);

}  // namespace mailkeep::fetcher
