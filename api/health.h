// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the service says about itself without asking anybody.

#include "api/router.h"

namespace mailkeep::api {

void add_health(Router& router);         // GET /healthz: "ok" as long as requests are served
void add_problem_pages(Router& router);  // GET /api/v1/problems and /api/v1/problems/{code}

}  // namespace mailkeep::api
