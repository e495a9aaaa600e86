// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// AccessLog: who looked at what, written into the log before the answer leaves.
//
// record() returns once the entry is durable. Entries that come in together go into one transaction
// (group commit), which goes before those of the fetchers. The text is one JSON line: action,
// object, user, token, peer, agent, purpose (the header X-Purpose), request, and what else is known
// of the answer; every field is bounded and escaped. Any thread may call.
// Problems: those of the store; then the answer must not be sent.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/auth.h"
#include "api/problem.h"
#include "api/request.h"
#include "store/archive.h"
#include "store/journal.h"

namespace mailkeep::api {

// Each has an initializer, so that a caller may name only those that it knows.
struct Access {
  std::string action{};  // a word: "view", "search", "sign-in"
  std::string object{};  // what it was about: an id, a query
  std::string detail{};
  std::optional<std::uint64_t> count{};  // of what the answer shows
  std::optional<std::uint64_t> total{};
  std::string result{};         // digest of the answer
  std::string kind = "access";  // or "export"
};

class AccessLog {
 public:
  explicit AccessLog(store::Archive& archive);
  ~AccessLog();  // after the last record() has returned
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  Permission record(const Caller& caller, const Request& request, const Access& access);

 private:
  struct Waiting {
    const store::Event* event;
    bool is_done = false;
    common::Status outcome;
  };
  void run(const std::stop_token& stop);
  void write(const std::vector<Waiting*>& group);

  store::Archive& archive_;
  std::mutex mutex_;  // guards waiting_ and what it points to
  std::vector<Waiting*> waiting_;
  std::condition_variable_any came_in_;
  std::condition_variable written_;
  std::jthread thread_;  // last: it uses all of the above
};

// The text of the entry; for tests.
std::string access_text(const Caller& caller, const Request& request, const Access& access);

}  // namespace mailkeep::api
