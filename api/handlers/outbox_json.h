// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Items of the outbox as the API shows them.

#include "api/auth.h"
#include "api/json.h"
#include "api/problem.h"
#include "api/services.h"
#include "store/outbox.h"

namespace mailkeep::api {

// Who may not read mail sees states and times: no message, no recipients, no answers, and no detail
// that names an address.
void put_outbox_item(JsonWriter& json, const store::OutboxItem& item, const Caller& caller);
Response outbox_response(const store::OutboxItem& item, const Caller& caller, int status);
std::string outbox_location(store::OutboxId id);

}  // namespace mailkeep::api
