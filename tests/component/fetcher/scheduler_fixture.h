// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SchedulerFixture: an archive, a clock that stands still, and a scheduler in a thread of its own.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/clock.h"
#include "common/deadline.h"
#include "common/guarded.h"
#include "fetcher/scheduler.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/jobs.h"
#include "tests/support/scripted_server.h"

namespace mailkeep::fetcher {

class StoppedClock final : public common::Clock {
 public:
  common::Micros now() const override { return time; }
  std::atomic<common::Micros> time = 1'767'261'600'000'000;
};

class SchedulerFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "mailkeep-fetch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    data_dir_ = name;
    auto opened = store::Archive::open({"", data_dir_, store::Access::ReadWrite}, clock_);
    ASSERT_TRUE(opened) << opened.error().text;
    archive_ = *std::move(opened);
  }
  void TearDown() override {
    stop();
    scheduler_.reset();
    archive_.reset();
    std::error_code error;
    std::filesystem::remove_all(data_dir_, error);
  }

  store::AccountId add_account(const std::string& name, std::uint16_t port) {
    store::AccountSettings settings;
    settings.name = name;
    settings.tls = store::TlsMode::None;
    settings.host = "127.0.0.1";
    settings.port = port;
    settings.user = name;
    const auto added = store::Accounts(*archive_).add(settings, "secret");
    EXPECT_TRUE(added) << added.error().text;
    return added->id;
  }

  void make(SchedulerOptions options) {
    options.look_interval = std::chrono::milliseconds(20);
    scheduler_.emplace(*archive_, std::move(options));
  }
  void start() {
    ended_.with([](auto& ended) { ended.reset(); });
    runner_ = std::jthread([this](const std::stop_token& stop) {
      auto status = scheduler_->run(stop);
      ended_.with([&](auto& ended) { ended = std::move(status); });
    });
  }
  void stop() {
    if (!runner_.joinable()) return;
    runner_.request_stop();
    runner_.join();
  }
  bool has_ended() {
    return ended_.with([](const auto& ended) { return ended.has_value(); });
  }

  // Waits for the condition, at most ten seconds.
  template <class Condition>
  static bool comes_true(const Condition& condition) {
    const auto deadline = common::Deadline::in(std::chrono::seconds(10));
    while (!condition()) {
      if (deadline.has_passed()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  StoppedClock clock_;
  std::filesystem::path data_dir_;
  std::unique_ptr<store::Archive> archive_;
  std::optional<Scheduler> scheduler_;
  common::Guarded<std::optional<common::Status>> ended_;  // what run() came to
  std::jthread runner_;
};

}  // namespace mailkeep::fetcher
