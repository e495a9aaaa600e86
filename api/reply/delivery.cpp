// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/delivery.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "api/reply/attempt.h"
#include "common/log.h"
#include "store/lease.h"

namespace mailkeep::reply {

using common::ErrorKind;
using common::Result;
using common::Status;
using store::AccountId;

namespace {

constexpr std::size_t kWorkers = 4;  // accounts at a time
constexpr std::size_t kItemsInARow = 20;
constexpr std::chrono::seconds kPoll{1};  // other processes queue too
constexpr std::chrono::milliseconds kLeasePoll{50};
constexpr common::Micros kAfterRefusedLogin = 3600LL * 1'000'000;

bool is_settled(store::SendState state) {
  return state != store::SendState::Queued && state != store::SendState::Sending;
}

}  // namespace

struct Delivery::Impl {
  Impl(store::Archive& given, const SmtpPatience& how_long)
      : archive(given), outbox(given), patience(how_long) {}

  Status deliver_account(AccountId account, AttemptStop& stop);
  Status hold_back(AccountId account);
  void work(AttemptStop& stop);
  Status look_for_work();
  void wait_for_news(const std::stop_token& stop);
  bool is_idle_within(std::chrono::milliseconds grace);

  store::Archive& archive;
  store::Outbox outbox;
  const SmtpPatience patience;

  std::mutex mutex;  // guards what follows
  std::condition_variable_any changed;
  bool has_news = false;
  bool is_stopping = false;
  std::deque<AccountId> ready;
  std::set<AccountId> busy;  // ready ones too
};

Delivery::Delivery(store::Archive& archive, const SmtpPatience& patience)
    : impl_(std::make_unique<Impl>(archive, patience)) {}
Delivery::~Delivery() = default;

void Delivery::notify() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->has_news = true;
  }
  impl_->changed.notify_all();
}

// What is due of one account, oldest first, under its lease.
Status Delivery::Impl::deliver_account(AccountId account, AttemptStop& stop) {
  auto lease = store::Lease::take(archive, store::Outbox::lease_name(account));
  if (!lease) {
    if (lease.error().kind == ErrorKind::Busy) return {};  // another process is at it
    return tl::unexpected(std::move(lease).error());
  }
  MAILKEEP_CHECKED(outbox.give_up_unknown(account));
  MAILKEEP_TRY(ids, outbox.due(account, archive.clock().now(), kItemsInARow));
  for (const store::OutboxId id : ids) {
    if (stop.is_asked()) break;
    Status done = attempt(archive, *lease, id, patience, stop);
    if (!done && done.error().kind == ErrorKind::Auth) return hold_back(account);
    if (!done && done.error().kind != ErrorKind::Conflict) return done;
  }
  return {};
}

// A login for each message that is due would lock the account.
Status Delivery::Impl::hold_back(AccountId account) {
  const common::Micros now = archive.clock().now();
  for (;;) {
    MAILKEEP_TRY(ids, outbox.due(account, now, kItemsInARow));
    if (ids.empty()) return {};
    for (const store::OutboxId id : ids) {
      Status done = outbox.postpone(id, now + kAfterRefusedLogin,
                                    "waits an hour: the login for another message was refused");
      if (!done && done.error().kind != ErrorKind::Conflict) return done;
    }
  }
}

void Delivery::Impl::work(AttemptStop& stop) {
  for (;;) {
    AccountId account{};
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return is_stopping || !ready.empty(); });
      if (is_stopping) return;
      account = ready.front();
      ready.pop_front();
    }
    const Status done = deliver_account(account, stop);
    if (!done && done.error().kind != ErrorKind::Cancelled)
      common::log(common::LogLevel::Warning, "reply.waiting", {{"error", done.error().text}});
    {
      const std::lock_guard lock(mutex);
      busy.erase(account);
    }
    changed.notify_all();
  }
}

Status Delivery::Impl::look_for_work() {
  const auto accounts = outbox.accounts_with_work(archive.clock().now());
  if (!accounts) {
    common::log(common::LogLevel::Warning, "reply.waiting", {{"error", accounts.error().text}});
    return tl::unexpected(accounts.error());
  }
  {
    const std::lock_guard lock(mutex);
    for (const AccountId account : *accounts)
      if (busy.insert(account).second) ready.push_back(account);
  }
  changed.notify_all();
  return {};
}

void Delivery::Impl::wait_for_news(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, kPoll, [this] { return has_news; });
  has_news = false;
}

bool Delivery::Impl::is_idle_within(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, grace, [this] { return busy.size() == ready.size(); });
}

Status Delivery::run(std::stop_token stop, std::chrono::milliseconds grace,
                     const std::function<void(const Status&)>& on_look) {
  std::array<AttemptStop, kWorkers> stops;
  std::vector<std::jthread> workers;
  workers.reserve(kWorkers);
  for (AttemptStop& one : stops) workers.emplace_back([this, &one] { impl_->work(one); });
  while (!stop.stop_requested()) {
    const Status looked = impl_->look_for_work();
    if (on_look) on_look(looked);
    impl_->wait_for_news(stop);
  }
  for (AttemptStop& one : stops) one.ask();
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->is_stopping = true;
  }
  impl_->changed.notify_all();
  if (!impl_->is_idle_within(grace))
    for (AttemptStop& one : stops) one.force();
  workers.clear();  // joins
  const std::lock_guard lock(impl_->mutex);
  impl_->is_stopping = false;
  impl_->ready.clear();
  impl_->busy.clear();
  return {};
}

Result<store::OutboxItem> Delivery::deliver_now(store::OutboxId id, common::Deadline deadline,
                                                std::stop_token stop) {
  AttemptStop attempt_stop;
  const std::stop_callback on_stop(stop, [&attempt_stop] { attempt_stop.ask(); });
  for (;;) {
    MAILKEEP_TRY(item, impl_->outbox.find(id));
    if (is_settled(item.state) || stop.stop_requested()) return std::move(item);
    auto lease = store::Lease::take(impl_->archive, store::Outbox::lease_name(item.account));
    if (lease) {
      MAILKEEP_CHECKED(impl_->outbox.give_up_unknown(item.account));
      const Status done = attempt(impl_->archive, *lease, id, impl_->patience, attempt_stop);
      if (!done && done.error().kind == ErrorKind::Auth)
        MAILKEEP_CHECKED(impl_->hold_back(item.account));
      const bool is_told = done || done.error().kind == ErrorKind::Conflict ||
                           done.error().kind == ErrorKind::Auth ||
                           done.error().kind == ErrorKind::Cancelled;
      if (!is_told) return tl::unexpected(done.error());
      return impl_->outbox.find(id);
    }
    if (lease.error().kind != ErrorKind::Busy) return tl::unexpected(std::move(lease).error());
    if (deadline.has_passed()) return std::move(item);
    // Another process delivers for this account, perhaps this very item.
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait_for(lock, stop, kLeasePoll, [] { return false; });
  }
}

}  // namespace mailkeep::reply
