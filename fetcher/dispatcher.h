// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Dispatcher: hands accounts to workers so that no server sees more connections than it should, and
// no worker waits for a crowded server while another server's account could be worked on.

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/accounts.h"

namespace mailkeep::fetcher {

// Any thread may call.
class Dispatcher {
 public:
  Dispatcher(const std::vector<store::Account>& accounts, unsigned connections_per_host);

  // The index of the next account whose server has room; waits for one. Nothing when all are taken.
  std::optional<std::size_t> take();
  void give_back(std::size_t account);

 private:
  using Place = std::pair<std::string, std::uint16_t>;  // host and port
  std::optional<std::size_t> next_free();

  std::vector<Place> places_;
  unsigned cap_;
  std::mutex mutex_;  // guards the two below
  std::vector<std::size_t> left_;
  std::map<Place, unsigned> in_use_;
  std::condition_variable given_back_;
};

}  // namespace mailkeep::fetcher
