// SPDX-License-Identifier: GPL-3.0-or-later
// Two million scattered UIDs in one folder: what a pass and a report do must take seconds at most,
// in bounded memory. The figures are printed and bounded loosely, against what is quadratic.
#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "store/completeness.h"
#include "store/ledger_segments.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

constexpr std::size_t kUids = 2'000'000;
constexpr double kMaxSeconds = 20;         // of one step, on a busy machine; a second is usual
constexpr std::uint64_t kMaxGrowth = 256;  // MiB

std::uint64_t status_mib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

class LedgerScale : public LedgerFixture {
 protected:
  // Runs one step, prints its time and how much the process grew beyond what it had before.
  void step(const char* what, const std::function<void()>& work) {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    const std::uint64_t before = status_mib("VmRSS:");
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const std::uint64_t peak = status_mib("VmHWM:");
    const std::uint64_t growth = peak > before ? peak - before : 0;
    std::cout << GetParam() << ": " << what << ": " << fmt::format("{:.3f}", took.count())
              << " s, +" << growth << " MiB\n";
    EXPECT_LT(took.count(), kMaxSeconds) << what;
    EXPECT_LT(growth, kMaxGrowth) << what;
  }
};
MAILKEEP_BOTH_ENGINES(LedgerScale);

TEST_P(LedgerScale, TwoMillionScatteredUidsTakeSecondsAndBoundedMemory) {
  const AccountId anna = add_account("anna");
  const Epoch inbox = open(anna, "INBOX");
  Claim claim;
  claim.epoch = inbox.id;
  for (Uid n = 0; n < kUids; ++n) claim.uids.add(1 + n * 2000 + n % 7);  // nearly all there are
  claim.exists = kUids;
  claim.uidnext = 4'100'000'000U;
  claim.highestmodseq = 9;
  step("first claim", [&] { ASSERT_OK(ledger().record_claim(claim)); });
  step("same claim again", [&] { ASSERT_OK(ledger().record_claim(claim)); });
  step("report of two million gaps", [&] {
    const auto report = completeness(archive(), {"anna"});
    ASSERT_OK(report);
    std::uint64_t seen = 0;
    ASSERT_OK(report->accounts.front().folders.front().gaps.each([&](const Gap&) {
      ++seen;
      return common::Status();
    }));
    EXPECT_EQ(seen, kUids);
  });
  // As if they had been fetched: two million sightings are another test's work.
  step("cursor of all of them", [&] {
    auto transaction = database().begin_write();
    ASSERT_OK(transaction);
    auto part = CursorPart::read_all((*transaction)->connection(), inbox.id);
    ASSERT_OK(part);
    part->cursor.archived = claim.uids;
    ASSERT_OK(part->write((*transaction)->connection()));
    ASSERT_OK((*transaction)->commit());
  });
  step("open the epoch", [&] { EXPECT_EQ(open(anna, "INBOX").covered.size(), kUids); });
  step("heads of all folders", [&] { ASSERT_OK(ledger().newest_epochs(anna)); });
  step("what is open", [&] { EXPECT_TRUE(ledger().open_uids(anna)->empty()); });
  claim.is_inferred = true;
  step("claim carried forward", [&] { ASSERT_OK(ledger().record_claim(claim)); });
  claim.is_inferred = false;
  claim.uids.add(4'100'000'000U);
  claim.exists += 1;
  claim.uidnext += 1;
  step("claim with one more", [&] { ASSERT_OK(ledger().record_claim(claim)); });
  step("seal it", [&] { seal(batch_of(inbox.id, imap_message(4'100'000'000U, "new"))); });
  step("seal one in the middle", [&] { seal(batch_of(inbox.id, imap_message(1001, "middle"))); });
  step("report", [&] {
    const auto report = completeness(archive(), {"anna"});
    ASSERT_OK(report);
    const FolderReport& folder = report->accounts.front().folders.front();
    EXPECT_EQ(folder.archived, kUids + 2);
    EXPECT_TRUE(folder.gaps.empty());
  });
}

TEST_P(LedgerScale, HalfAMillionScatteredExclusionsAreOneBatchAndNoBurdenLater) {
  const Epoch inbox = open(add_account("anna"), "INBOX");
  Batch batch = batch_of(inbox.id);
  UidSet even;
  for (Uid uid = 2; uid < 1'000'000; uid += 2) even.add(uid);
  batch.outcomes.push_back({UidState::Excluded, std::string(kRuleTooOld), even, {}});
  batch.rules = "rules 1";
  step("exclude", [&] { seal(std::move(batch)); });
  step("fail fifty times beside them", [&] {
    for (Uid uid = 1; uid < 100; uid += 2) {
      Batch failed = batch_of(inbox.id);
      UidSet one;
      one.add(uid);
      failed.outcomes.push_back({UidState::Failed, std::string(kReasonRefused), one, {}});
      seal(std::move(failed));
    }
  });
  step("reopen",
       [&] { EXPECT_EQ(ledger().reopen_excluded(inbox.id, "rules 2")->size(), even.size()); });
  step("verify", [&] { expect_sound(); });
}

}  // namespace
}  // namespace mailkeep::store
