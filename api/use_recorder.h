// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// UseRecorder: writes when tokens and sessions were last used, behind the requests' back and at
// most once a minute each. What is lost when the process dies is a time, never a right. Any thread
// may call note().

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "common/clock.h"
#include "common/digest.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::api {

class UseRecorder {
 public:
  explicit UseRecorder(store::Archive& archive);
  ~UseRecorder();  // writes what is left
  UseRecorder(const UseRecorder&) = delete;
  UseRecorder& operator=(const UseRecorder&) = delete;

  void note(store::TokenId token, std::optional<common::Micros> known);
  void note(const common::Digest& session, common::Micros known);

 private:
  using Tokens = std::map<store::TokenId, common::Micros>;
  using Sessions = std::map<common::Digest, common::Micros>;
  void run(const std::stop_token& stop);
  void write(const Tokens& tokens, const Sessions& sessions);

  store::Archive& archive_;
  std::mutex mutex_;  // guards the two below
  Tokens tokens_;
  Sessions sessions_;
  std::condition_variable_any noted_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace mailkeep::api
