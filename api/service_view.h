// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ServiceView: what the handlers can see of the process around them. Plain functions, so that the
// api room knows neither the fetcher nor the parts of `serve`. Any thread may call them.
// In `mailkeep api`, which runs nothing else, accounts is empty.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "store/ids.h"

namespace mailkeep::api {

struct PartView {
  std::string name;  // "fetch", "index", ...
  bool is_ok = false;
  std::string detail;  // one sentence where it is not, else what it is doing
};

struct AccountActivity {
  store::AccountId account{};
  std::string state;  // "idle", "waiting", "running"
  std::optional<common::Micros> next_due;
  std::uint64_t messages = 0;  // of the pass at work
  std::uint64_t expected = 0;
};

struct ServiceView {
  std::function<std::vector<PartView>()> parts;
  std::function<std::vector<AccountActivity>()> accounts;
  std::function<void()> wake_delivery{};  // something was queued to be sent
};

}  // namespace mailkeep::api
