// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The parts of the service. Each takes what must outlive it.

#include <memory>

#include "api/reply/delivery.h"
#include "api/service_view.h"
#include "cli/serve/part.h"
#include "cli/settings.h"
#include "fetcher/scheduler.h"
#include "store/archive.h"

namespace mailkeep::cli {

// Whoever asks the scheduler what it does.
using SchedulerPtr = std::shared_ptr<fetcher::Scheduler>;
// Whoever tells delivery that something was queued.
using DeliveryPtr = std::shared_ptr<reply::Delivery>;

Part fetch_part(store::Archive& archive, const Settings& settings, SchedulerPtr& scheduler);
Part index_part(store::Archive& archive);
Part sign_part(store::Archive& archive);
Part outbox_part(store::Archive& archive, DeliveryPtr& delivery);
Part api_part(store::Archive& archive, const ServeSettings& settings, api::ServiceView view);

// Of the scheduler, for the handlers.
std::vector<api::AccountActivity> activities_of(const fetcher::Scheduler& scheduler);

}  // namespace mailkeep::cli
