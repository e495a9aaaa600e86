// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/dashboard.h"

#include <algorithm>
#include <array>
#include <utility>

#include "indexer/search/searcher.h"
#include "store/journal.h"
#include "store/outbox.h"
#include "store/overview.h"

namespace mailkeep::api {

using common::Result;
using common::Status;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::minutes kBytesAge{10};

constexpr std::array<store::SendState, 6> kSendStates = {
    store::SendState::Queued, store::SendState::Sending, store::SendState::Sent,
    store::SendState::Failed, store::SendState::Unknown, store::SendState::Cancelled};

// No index yet, or one that is being built anew, has followed nothing.
std::uint64_t index_position(const std::filesystem::path& directory) {
  auto searcher = search::Searcher::open(directory);
  if (!searcher) return 0;
  const auto watermark = searcher->watermark();
  return watermark ? static_cast<std::uint64_t>(*watermark) : 0;
}

}  // namespace

Dashboard::Dashboard(store::Archive& archive, std::filesystem::path index_dir, ServiceView view)
    : archive_(archive),
      index_dir_(std::move(index_dir)),
      view_(std::move(view)),
      arrivals_(archive) {}

Result<std::shared_ptr<const Figures>> Dashboard::figures(std::chrono::milliseconds age) {
  const auto kept = kept_.with([](const Kept& now) { return now; });
  if (kept.figures && steady_clock::now() - kept.taken <= age) return kept.figures;
  return take();
}

Result<std::shared_ptr<const Figures>> Dashboard::take() {
  Figures figures;
  figures.taken = archive_.clock().now();
  // Order: first how far the index is, then how long the log; the difference is never negative.
  figures.index_position = index_position(index_dir_);
  MAILKEEP_TRY(size, store::Journal(archive_).size());
  figures.log_entries = static_cast<std::uint64_t>(store::number(size));
  MAILKEEP_TRY(checkpoint, store::latest_checkpoint(archive_));
  figures.checkpoint = checkpoint;
  MAILKEEP_CHECKED(add_accounts(figures));
  MAILKEEP_CHECKED(add_outbox(figures));
  auto taken = std::make_shared<const Figures>(std::move(figures));
  kept_.with([&taken](Kept& kept) { kept = {steady_clock::now(), taken}; });
  return taken;
}

Status Dashboard::add_accounts(Figures& figures) {
  MAILKEEP_TRY(accounts, store::Accounts(archive_).list());
  MAILKEEP_TRY(passes, store::Passes(archive_).latest());
  MAILKEEP_TRY(totals, arrivals_.totals());
  MAILKEEP_TRY(gaps, store::count_gaps(archive_));
  const auto activities = view_.accounts ? view_.accounts() : std::vector<AccountActivity>();
  for (store::Account& account : accounts) {
    const bool is_fetched = account.settings.protocol != store::Protocol::Import &&
                            account.state != store::AccountState::Removed;
    if (!is_fetched) continue;
    AccountFigures one;
    one.passes = passes[account.id];
    one.archived = totals[account.id];
    one.gaps = gaps[account.id];
    one.is_complete = one.passes.last && one.passes.last->outcome == "complete" && one.gaps == 0;
    const auto activity =
        std::find_if(activities.begin(), activities.end(),
                     [&](const AccountActivity& other) { return other.account == account.id; });
    if (activity != activities.end()) one.activity = *activity;
    one.account = std::move(account);
    figures.accounts.push_back(std::move(one));
  }
  return {};
}

Status Dashboard::add_outbox(Figures& figures) {
  store::Outbox outbox(archive_);
  for (const store::SendState state : kSendStates) {
    store::OutboxFilter filter;
    filter.state = state;
    MAILKEEP_TRY(count, outbox.count(filter));
    figures.outbox[std::string(store::name_of(state))] = count;
  }
  return {};
}

Result<std::uint64_t> Dashboard::stored_bytes() {
  const KeptBytes kept = bytes_.with([](const KeptBytes& now) { return now; });
  if (kept.taken && steady_clock::now() - *kept.taken <= kBytesAge) return kept.bytes;
  MAILKEEP_TRY(overview, store::overview(archive_));
  bytes_.with([&](KeptBytes& now) { now = {steady_clock::now(), overview.stored_bytes}; });
  return overview.stored_bytes;
}

std::vector<PartView> Dashboard::parts() {
  std::vector<PartView> parts;
  const auto size = store::Journal(archive_).size();
  parts.push_back(
      {"store", size.has_value(), size ? "" : std::string(common::name_of(size.error().kind))});
  if (!view_.parts) return parts;
  for (PartView& part : view_.parts()) parts.push_back(std::move(part));
  return parts;
}

}  // namespace mailkeep::api
