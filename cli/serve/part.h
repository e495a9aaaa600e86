// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Part: one of the things that `serve` does, in a thread of its own, and how it is.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "api/service_view.h"
#include "common/guarded.h"
#include "common/result.h"

namespace mailkeep::cli {

// Any thread may call.
class PartState {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit PartState(std::string name) : name_(std::move(name)) {}

  void beat();                                   // it lives and works
  void beat(const common::Status& last_look);    // it lives; whether it works, the status says
  void set_trouble(const common::Error& error);  // it lives and waits for better times

  bool is_fresh(std::chrono::seconds patience) const;
  bool has_begun() const;  // beaten once
  api::PartView view() const;
  const std::string& name() const { return name_; }

 private:
  struct Pulse {
    std::optional<Time> last;
    std::optional<common::ErrorKind> trouble;
  };
  std::string name_;
  mutable common::Guarded<Pulse> pulse_;
};

struct Part {
  std::string name;
  // Returns when a stop was asked for, or with an error. Beats at least every few seconds.
  std::function<common::Status(PartState& state, const std::stop_token& stop)> run;
  // Without a beat for so long it hangs: longer than whatever may rightly take long.
  std::chrono::seconds patience{120};
};

}  // namespace mailkeep::cli
