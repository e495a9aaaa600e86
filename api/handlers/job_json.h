// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "api/handlers/common_json.h"
#include "api/json.h"
#include "store/jobs.h"

namespace mailkeep::api {

void put_job(JsonWriter& json, const store::Job& job, const AccountNames& names);

// 202 with the job, and where to look for it.
Answer accepted(Services& services, const store::Job& job);

}  // namespace mailkeep::api
