// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/supervisor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::Status;

// Works until a stop is asked for.
Status work_on(PartState& state, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    state.beat();
    stopped.wait_for(lock, stop, std::chrono::milliseconds(10), [] { return false; });
  }
  return {};
}

TEST(Supervisor, TellsWhenAllAreReadyAndEndsThemInOrder) {
  Supervisor parts;
  std::stop_source stop;
  std::atomic<int> ended = 0;
  for (const char* name : {"one", "two"})
    parts.add({name, [&ended](PartState& state, const std::stop_token& token) {
                 Status status = work_on(state, token);
                 ++ended;
                 return status;
               }});
  bool is_told = false;
  SupervisorHooks hooks;
  hooks.on_ready = [&] {
    for (const api::PartView& part : parts.view()) EXPECT_TRUE(part.is_ok) << part.name;
    stop.request_stop();
  };
  hooks.on_stopping = [&is_told] { is_told = true; };
  EXPECT_TRUE(parts.run(stop.get_token(), hooks));
  EXPECT_TRUE(is_told);
  EXPECT_EQ(ended, 2);
}

TEST(Supervisor, EndsWithTheErrorOfThePartThatFailedForGood) {
  Supervisor parts;
  parts.add({"sound", work_on});
  parts.add({"broken", [](PartState&, const std::stop_token&) -> Status {
               return common::fail(ErrorKind::Config, "the port is taken");
             }});
  const Status ended = parts.run({}, {});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::Config);
  EXPECT_EQ(ended.error().text, "the port is taken");
}

TEST(Supervisor, TriesAgainWhatMayPassAndShowsIt) {
  Supervisor parts;
  std::stop_source stop;
  std::atomic<int> tries = 0;
  parts.add({"fetch", [&](PartState& state, const std::stop_token& token) -> Status {
               if (++tries == 1) {
                 state.beat();
                 return common::fail(ErrorKind::Database, "the database at 10.0.0.7 is away");
               }
               stop.request_stop();
               return work_on(state, token);
             }});
  bool was_seen = false;
  SupervisorHooks hooks;
  hooks.on_alive = [&] {
    const api::PartView part = parts.view().front();
    if (part.is_ok || part.detail == "starting") return;
    was_seen = true;
    EXPECT_EQ(part.detail, "database") << "the sentence is for the operator alone";
  };
  EXPECT_TRUE(parts.run(stop.get_token(), hooks));
  EXPECT_EQ(tries, 2);
  EXPECT_TRUE(was_seen);
}

TEST(Supervisor, IsNotAliveWhileAPartHangs) {
  Supervisor parts;
  std::stop_source stop;
  std::atomic<bool> hangs = false;
  parts.add({"index",
             [&](PartState& state, const std::stop_token& token) -> Status {
               state.beat();
               hangs = true;
               std::mutex mutex;
               std::condition_variable_any stopped;
               std::unique_lock lock(mutex);
               stopped.wait_for(lock, token, std::chrono::seconds(30), [] { return false; });
               return {};
             },
             std::chrono::seconds(0)});
  int alive = 0;
  SupervisorHooks hooks;
  hooks.on_alive = [&] { alive += hangs ? 1 : 0; };
  hooks.on_ready = [&stop] { stop.request_stop(); };
  EXPECT_TRUE(parts.run(stop.get_token(), hooks));
  EXPECT_EQ(alive, 0);
}

TEST(PartState, HasBegunOnlyAfterABeat) {
  PartState state("sign");
  EXPECT_FALSE(state.has_begun());
  EXPECT_TRUE(state.is_fresh(std::chrono::seconds(0))) << "starting is not hanging";
  EXPECT_FALSE(state.view().is_ok);
  state.beat();
  EXPECT_TRUE(state.view().is_ok);
  state.set_trouble({ErrorKind::Disk, "the disk is full"});
  EXPECT_EQ(state.view().detail, "disk");
}

}  // namespace
}  // namespace mailkeep::cli
