// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The routes of each resource. `services` outlives the router.

#include <string>

#include "api/router.h"
#include "api/services.h"

namespace mailkeep::api {

using ServiceHandler = Answer (*)(Services&, const Request&);

void add_route(Router& router, Services& services, Method method, const std::string& pattern,
               ServiceHandler handler);

void add_account_routes(Router& router, Services& services);
void add_audit_routes(Router& router, Services& services);
void add_completeness_routes(Router& router, Services& services);
void add_job_routes(Router& router, Services& services);
void add_message_routes(Router& router, Services& services);
void add_outbox_routes(Router& router, Services& services);
void add_proof_routes(Router& router, Services& services);
void add_reply_routes(Router& router, Services& services);
void add_search_routes(Router& router, Services& services);
void add_session_routes(Router& router, Services& services);
void add_stats_routes(Router& router, Services& services);
void add_sync_run_routes(Router& router, Services& services);
void add_token_routes(Router& router, Services& services);
void add_user_routes(Router& router, Services& services);

}  // namespace mailkeep::api
