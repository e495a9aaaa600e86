// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/writer_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/guarded.h"

namespace mailkeep::store {
namespace {

using namespace std::chrono_literals;

// Lets writers ask one after the other while the writer is taken, and notes who had it in turn.
class WriterQueueTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(queue_.take(Urgency::Bulk, 0ms)); }

  void ask(const std::string& name, Urgency urgency) {
    const std::size_t before = queue_.waiting();
    writers_.emplace_back([this, name, urgency] {
      ASSERT_TRUE(queue_.take(urgency, 30s));
      order_.with([&](auto& order) { order.push_back(name); });
      queue_.give_back();
    });
    while (queue_.waiting() == before) std::this_thread::yield();
  }

  std::vector<std::string> run() {
    queue_.give_back();
    writers_.clear();  // joins
    return order_.with([](auto& order) { return order; });
  }

  WriterQueue queue_;
  std::vector<std::jthread> writers_;
  common::Guarded<std::vector<std::string>> order_;
};

TEST_F(WriterQueueTest, LetsInteractiveWritersGoFirstAndEachLineInOrder) {
  ask("bulk 1", Urgency::Bulk);
  ask("bulk 2", Urgency::Bulk);
  ask("person 1", Urgency::Interactive);
  ask("person 2", Urgency::Interactive);
  EXPECT_EQ(run(), (std::vector<std::string>{"person 1", "person 2", "bulk 1", "bulk 2"}));
}

TEST_F(WriterQueueTest, GivesABulkWriterItsTurnAfterEightInteractiveOnes) {
  ask("bulk", Urgency::Bulk);
  for (int i = 0; i < 12; ++i) ask("person", Urgency::Interactive);
  const auto order = run();
  ASSERT_EQ(order.size(), 13U);
  EXPECT_EQ(order[8], "bulk");
}

TEST_F(WriterQueueTest, GivesUpAfterItsPatienceAndLeavesTheLine) {
  EXPECT_FALSE(queue_.take(Urgency::Interactive, 1ms));
  EXPECT_EQ(queue_.waiting(), 0U);
  queue_.give_back();
  EXPECT_TRUE(queue_.take(Urgency::Bulk, 0ms));
}

}  // namespace
}  // namespace mailkeep::store
