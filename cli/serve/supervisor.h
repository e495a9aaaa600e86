// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Supervisor: runs the parts of the service until a stop is asked for or one of them fails for
// good.
//
// What may pass (a database that is away, a full disk) is tried again with back-off and shows in
// /readyz; anything else ends the process with the part's error, and systemd starts it anew.

#include <functional>
#include <list>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "api/service_view.h"
#include "cli/serve/part.h"
#include "common/guarded.h"
#include "common/result.h"

namespace mailkeep::cli {

struct SupervisorHooks {
  std::function<void()> on_ready;     // each part works for the first time
  std::function<void()> on_alive;     // told twice a second while no part hangs
  std::function<void()> on_stopping;  // a stop was asked for, or a part has failed
};

class Supervisor {
 public:
  void add(Part part) { parts_.emplace_back(std::move(part)); }

  // Once; after every add(). The error of the part that failed for good.
  common::Status run(const std::stop_token& stop, const SupervisorHooks& hooks);

  // Any thread may call while run() is at work.
  std::vector<api::PartView> view() const;

 private:
  struct Running {
    explicit Running(Part given) : part(std::move(given)), state(part.name) {}
    Part part;
    PartState state;
    std::jthread thread;
  };
  void work(Running& running, const std::stop_token& stop);
  void fail(const Running& running, const common::Error& error);
  bool is_each(bool (*is_so)(const Running&)) const;

  std::list<Running> parts_;
  std::stop_source end_;
  common::Guarded<std::optional<common::Error>> failure_;
};

// What may be over in a moment or an hour; anything else needs a person.
bool may_pass(common::ErrorKind kind);

}  // namespace mailkeep::cli
