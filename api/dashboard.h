// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Dashboard: how the archive and the service are, in figures, for the page and for Prometheus.
//
// Figures are taken together and kept a while, so that neither a page that asks every second nor a
// scraper costs the archive much. Any thread may call. Errors: those of the store.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/service_view.h"
#include "common/guarded.h"
#include "common/result.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/arrivals.h"
#include "store/checkpoints.h"
#include "store/passes.h"

namespace mailkeep::api {

struct AccountFigures {
  store::Account account;
  store::LastPasses passes;
  store::Amount archived;
  std::uint64_t gaps = 0;
  bool is_complete = false;  // the latest pass finished and left no gap
  std::optional<AccountActivity> activity;
};

struct Figures {
  common::Micros taken = 0;
  std::vector<AccountFigures> accounts;  // that are fetched, by name
  std::uint64_t log_entries = 0;
  std::uint64_t index_position = 0;  // 0: there is no index yet
  std::optional<store::Checkpoint> checkpoint;
  std::map<std::string, std::uint64_t> outbox;  // items by state
};

class Dashboard {
 public:
  // The archive must outlive it.
  Dashboard(store::Archive& archive, std::filesystem::path index_dir, ServiceView view);

  // At most this old.
  common::Result<std::shared_ptr<const Figures>> figures(std::chrono::milliseconds age);
  common::Result<store::Arrivals::ByAccountAndDay> arrivals() { return arrivals_.by_day(); }
  common::Result<std::uint64_t> stored_bytes();  // compressed; at most ten minutes old

  std::vector<PartView> parts();  // the store's own answer among them

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Kept {
    Time taken;
    std::shared_ptr<const Figures> figures;
  };
  struct KeptBytes {
    std::optional<Time> taken;
    std::uint64_t bytes = 0;
  };
  common::Result<std::shared_ptr<const Figures>> take();
  common::Status add_accounts(Figures& figures);
  common::Status add_outbox(Figures& figures);

  store::Archive& archive_;
  std::filesystem::path index_dir_;
  ServiceView view_;
  store::Arrivals arrivals_;
  common::Guarded<Kept> kept_;
  common::Guarded<KeptBytes> bytes_;
};

}  // namespace mailkeep::api
