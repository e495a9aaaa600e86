// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/lease.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

class LeaseTest : public StoreTest {};
MAILKEEP_BOTH_ENGINES(LeaseTest);

TEST_P(LeaseTest, RefusesASecondHolderInTheSameProcess) {
  auto first = Lease::take(archive(), "account-7");
  ASSERT_OK(first);
  EXPECT_TRUE(first->is_held());
  ASSERT_FAILS(Lease::take(archive(), "account-7"), ErrorKind::Busy);
}

TEST_P(LeaseTest, RefusesASecondHolderThroughAnotherArchive) {
  auto other = open_another();
  ASSERT_OK(other);
  auto first = Lease::take(archive(), "indexer");
  ASSERT_OK(first);
  ASSERT_FAILS(Lease::take(**other, "indexer"), ErrorKind::Busy);
}

TEST_P(LeaseTest, GivesOtherNamesAtTheSameTime) {
  auto first = Lease::take(archive(), "account-1");
  auto second = Lease::take(archive(), "account-2");
  auto strange = Lease::take(archive(), "../x/ \n");
  ASSERT_OK(first);
  ASSERT_OK(second);
  ASSERT_OK(strange);
}

TEST_P(LeaseTest, IsFreeOnceItsHolderIsGone) {
  {
    auto first = Lease::take(archive(), "account-7");
    ASSERT_OK(first);
    auto moved = std::move(*first);
    EXPECT_TRUE(moved.is_held());
    EXPECT_FALSE(first->is_held());
  }
  ASSERT_OK(Lease::take(archive(), "account-7"));
}

TEST_P(LeaseTest, IsFreeOnceItsHolderWasKilled) {
  close();
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto opened = open_another();
    auto lease = Lease::take(**opened, "account-7");
    const char word = lease ? 'y' : 'n';
    if (::write(pipe[1], &word, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char word = '\0';
  ASSERT_EQ(::read(pipe[0], &word, 1), 1);
  ASSERT_EQ(word, 'y');
  reopen();
  ASSERT_FAILS(Lease::take(archive(), "account-7"), ErrorKind::Busy);

  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  // PostgreSQL notices the broken connection in its own time, a few milliseconds.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto taken = Lease::take(archive(), "account-7");
  while (!taken && std::chrono::steady_clock::now() < deadline)
    taken = Lease::take(archive(), "account-7");
  ASSERT_OK(taken);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_P(LeaseTest, NoticesThatItWasLost) {
  auto lease = Lease::take(archive(), "account-7");
  ASSERT_OK(lease);
  ASSERT_TRUE(lease->is_held());
  if (is_sqlite())
    std::filesystem::remove_all(data_dir() / "mailkeep.sqlite.locks");
  else
    raw_sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
  EXPECT_FALSE(lease->is_held());
}

}  // namespace
}  // namespace mailkeep::store
