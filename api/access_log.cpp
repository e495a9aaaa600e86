// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/access_log.h"

#include "common/json_line.h"

namespace mailkeep::api {
namespace {

constexpr std::size_t kMaxObject = 16UL << 10U;  // as long as a query may be
constexpr std::size_t kMaxDetail = 2048;
constexpr std::size_t kMaxHeader = 300;
constexpr std::size_t kMaxGroup = 1000;  // entries in one transaction

// Cut at a character's end, and visibly.
std::string bounded(std::string_view text, std::size_t max) {
  if (text.size() <= max) return std::string(text);
  std::size_t end = max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

void add_header(common::JsonLine& line, std::string_view name, const Request& request,
                std::string_view header) {
  if (const std::string* value = request.headers.find(header))
    line.add(name, bounded(*value, kMaxHeader));
}

}  // namespace

std::string access_text(const Caller& caller, const Request& request, const Access& access) {
  common::JsonLine line;
  line.add("action", access.action).add("object", bounded(access.object, kMaxObject));
  line.add("user", caller.user);
  if (!caller.token_prefix.empty()) line.add("token", caller.token_prefix);
  line.add("peer", bounded(request.peer, kMaxHeader));
  add_header(line, "agent", request, "User-Agent");
  add_header(line, "purpose", request, "X-Purpose");
  line.add("request", request.id);
  if (!access.detail.empty()) line.add("detail", bounded(access.detail, kMaxDetail));
  if (access.count) line.add("count", *access.count);
  if (access.total) line.add("total", *access.total);
  if (!access.result.empty()) line.add("result", bounded(access.result, kMaxHeader));
  return line.text();
}

AccessLog::AccessLog(store::Archive& archive)
    : archive_(archive), thread_([this](const std::stop_token& stop) { run(stop); }) {}

AccessLog::~AccessLog() = default;

Permission AccessLog::record(const Caller& caller, const Request& request, const Access& access) {
  const store::Event event{access.kind, access_text(caller, request, access)};
  Waiting self{&event, false, {}};
  {
    std::unique_lock lock(mutex_);
    waiting_.push_back(&self);
    came_in_.notify_one();
    // Not forever: the writer gives up after 30 s, and says so.
    written_.wait(lock, [&self] { return self.is_done; });
  }
  // Order: durable before the answer is sent.
  if (!self.outcome) return tl::unexpected(Problem(self.outcome.error()));
  return {};
}

void AccessLog::run(const std::stop_token& stop) {
  for (;;) {
    std::vector<Waiting*> group;
    {
      std::unique_lock lock(mutex_);
      if (!came_in_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      const std::size_t size = std::min(waiting_.size(), kMaxGroup);
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(size);
      group.assign(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
    }
    write(group);
  }
}

void AccessLog::write(const std::vector<Waiting*>& group) {
  std::vector<store::Event> events;
  events.reserve(group.size());
  for (const Waiting* one : group) events.push_back(*one->event);
  const common::Status outcome = store::Journal(archive_).record_events(events);
  {
    const std::lock_guard lock(mutex_);
    for (Waiting* one : group) {
      one->outcome = outcome;
      one->is_done = true;
    }
  }
  written_.notify_all();
}

}  // namespace mailkeep::api
