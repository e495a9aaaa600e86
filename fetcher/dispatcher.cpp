// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/dispatcher.h"

#include <algorithm>

namespace mailkeep::fetcher {

namespace {

constexpr unsigned kLeastConnections =
    2;  // one stalled account must not stop the others of its host

}  // namespace

Dispatcher::Dispatcher(const std::vector<store::Account>& accounts, unsigned connections_per_host)
    : cap_(std::max(connections_per_host, kLeastConnections)) {
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    places_.emplace_back(accounts[i].settings.host, accounts[i].settings.port);
    left_.push_back(i);
  }
}

std::optional<std::size_t> Dispatcher::take() {
  std::unique_lock lock(mutex_);
  std::optional<std::size_t> next;
  given_back_.wait(lock, [&] {
    next = next_free();
    return next || left_.empty();
  });
  return next;
}

void Dispatcher::give_back(std::size_t account) {
  const std::lock_guard lock(mutex_);
  --in_use_[places_[account]];
  given_back_.notify_all();
}

std::optional<std::size_t> Dispatcher::next_free() {
  const auto found = std::find_if(left_.begin(), left_.end(), [&](std::size_t account) {
    return in_use_[places_[account]] < cap_;
  });
  if (found == left_.end()) return std::nullopt;
  const std::size_t account = *found;
  left_.erase(found);
  ++in_use_[places_[account]];
  // Whoever waits for the last account would otherwise wait for ever.
  if (left_.empty()) given_back_.notify_all();
  return account;
}

}  // namespace mailkeep::fetcher
