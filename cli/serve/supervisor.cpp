// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/supervisor.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/pause.h"

namespace mailkeep::cli {

using common::ErrorKind;
using common::LogLevel;
using common::Status;

namespace {

constexpr std::chrono::milliseconds kTick{500};
constexpr std::chrono::milliseconds kFirstPause{1'000};
constexpr std::chrono::milliseconds kLongestPause{30'000};

}  // namespace

bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::Busy || kind == ErrorKind::Database || kind == ErrorKind::Network ||
         kind == ErrorKind::Timeout || kind == ErrorKind::Throttled || kind == ErrorKind::Disk ||
         kind == ErrorKind::Index || kind == ErrorKind::Cancelled;
}

Status Supervisor::run(const std::stop_token& stop, const SupervisorHooks& hooks) {
  const std::stop_callback forward(stop, [this] { end_.request_stop(); });
  for (Running& one : parts_)
    one.thread = std::jthread([this, &one] { work(one, end_.get_token()); });
  bool is_ready = false;
  while (!end_.stop_requested()) {
    if (!is_ready && is_each([](const Running& one) { return one.state.has_begun(); })) {
      is_ready = true;
      if (hooks.on_ready) hooks.on_ready();
    }
    const bool is_alive =
        is_each([](const Running& one) { return one.state.is_fresh(one.part.patience); });
    if (is_alive && hooks.on_alive) hooks.on_alive();
    common::pause(is_ready ? kTick : kTick / 10, end_.get_token());
  }
  if (hooks.on_stopping) hooks.on_stopping();
  for (Running& one : parts_) one.thread.join();
  const auto failure = failure_.with([](const auto& error) { return error; });
  if (failure) return tl::unexpected(*failure);
  return {};
}

void Supervisor::work(Running& running, const std::stop_token& stop) {
  std::chrono::milliseconds wait = kFirstPause;
  while (!stop.stop_requested()) {
    const auto begin = std::chrono::steady_clock::now();
    const Status status = running.part.run(running.state, stop);
    if (stop.stop_requested() && (status || status.error().kind == ErrorKind::Cancelled)) return;
    if (status) {  // not asked to, but nothing is wrong either
      common::pause(kFirstPause, stop);
      continue;
    }
    if (!may_pass(status.error().kind)) return fail(running, status.error());
    running.state.set_trouble(status.error());
    common::log(LogLevel::Warning, "serve.part.waiting",
                {{"part", running.part.name}, {"error", status.error().text}});
    if (std::chrono::steady_clock::now() - begin > kLongestPause) wait = kFirstPause;
    common::pause(wait, stop);
    wait = std::min(2 * wait, kLongestPause);
  }
}

void Supervisor::fail(const Running& running, const common::Error& error) {
  common::log(LogLevel::Error, "serve.part.failed",
              {{"part", running.part.name}, {"error", error.text}});
  failure_.with([&error](std::optional<common::Error>& first) {
    if (!first) first = error;
  });
  end_.request_stop();
}

bool Supervisor::is_each(bool (*is_so)(const Running&)) const {
  return std::all_of(parts_.begin(), parts_.end(), is_so);
}

std::vector<api::PartView> Supervisor::view() const {
  std::vector<api::PartView> all;
  for (const Running& one : parts_) all.push_back(one.state.view());
  return all;
}

}  // namespace mailkeep::cli
