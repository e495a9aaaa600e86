// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Items of the outbox on standard output.

#include <Poco/JSON/Object.h>

#include "common/result.h"
#include "store/outbox.h"

namespace mailkeep::cli {

Poco::JSON::Object outbox_json(const store::OutboxItem& item);  // with its deliveries
// {"outbox", "account", "state", "recipients", "time"}: for what is listed with other things.
Poco::JSON::Object sent_json(const store::OutboxItem& item);

common::Status print_outbox_line(const store::OutboxItem& item);
common::Status print_outbox_item(const store::OutboxItem& item);  // for people

// 0: the server took it for every recipient; 1: refused, or for some; 75: queued or unknown.
int exit_code_of(const store::OutboxItem& item);

}  // namespace mailkeep::cli
