// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/use_recorder.h"

#include <chrono>
#include <utility>
#include <vector>

#include "common/log.h"
#include "store/sessions.h"
#include "store/tokens.h"

namespace mailkeep::api {
namespace {

constexpr common::Micros kMinute = 60'000'000;
constexpr std::chrono::seconds kPause{1};  // so that many uses become one transaction

void warn(const common::Status& written) {
  if (written) return;
  common::log(common::LogLevel::Warning, "api.use.unrecorded", {{"error", written.error().text}});
}

}  // namespace

UseRecorder::UseRecorder(store::Archive& archive)
    : archive_(archive), thread_([this](const std::stop_token& stop) { run(stop); }) {}

UseRecorder::~UseRecorder() = default;

void UseRecorder::note(store::TokenId token, std::optional<common::Micros> known) {
  const common::Micros now = archive_.clock().now();
  if (known && now - *known < kMinute) return;
  {
    const std::lock_guard lock(mutex_);
    tokens_[token] = now;
  }
  noted_.notify_one();
}

void UseRecorder::note(const common::Digest& session, common::Micros known) {
  const common::Micros now = archive_.clock().now();
  if (now - known < kMinute) return;
  {
    const std::lock_guard lock(mutex_);
    sessions_[session] = now;
  }
  noted_.notify_one();
}

void UseRecorder::run(const std::stop_token& stop) {
  for (;;) {
    Tokens tokens;
    Sessions sessions;
    {
      std::unique_lock lock(mutex_);
      noted_.wait(lock, stop, [this] { return !tokens_.empty() || !sessions_.empty(); });
      noted_.wait_for(lock, stop, kPause, [] { return false; });
      tokens.swap(tokens_);
      sessions.swap(sessions_);
    }
    write(tokens, sessions);
    if (stop.stop_requested()) return;
  }
}

void UseRecorder::write(const Tokens& tokens, const Sessions& sessions) {
  if (!tokens.empty()) {
    const std::vector<std::pair<store::TokenId, common::Micros>> uses(tokens.begin(), tokens.end());
    warn(store::Tokens(archive_).record_uses(uses));
  }
  if (!sessions.empty()) {
    const std::vector<std::pair<common::Digest, common::Micros>> uses(sessions.begin(),
                                                                      sessions.end());
    warn(store::Sessions(archive_).record_uses(uses));
  }
}

}  // namespace mailkeep::api
