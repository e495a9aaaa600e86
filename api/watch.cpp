// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/watch_internal.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "common/check.h"
#include "common/log.h"

namespace mailkeep::api {

using common::Deadline;
using common::LogLevel;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kListenerId = 0;
constexpr std::uint64_t kWakeId = 1;
constexpr std::uint64_t kFirstId = 2;
constexpr int kAcceptsAtOnce = 64;

// Of the limits the finest is tens of milliseconds, in tests.
constexpr int kSweepMilliseconds = 50;

void control(int epoll, int operation, int socket, std::uint64_t id, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  ::epoll_ctl(epoll, operation, socket, &event);
}

// One event, then silence until it is armed again: a connection is never in two threads.
std::uint32_t one_shot(short events) {
  std::uint32_t wanted = EPOLLONESHOT;
  if ((events & POLLIN) != 0) wanted |= EPOLLIN;
  if ((events & POLLOUT) != 0) wanted |= EPOLLOUT;
  return wanted;
}

}  // namespace

Watch::Watch(Service& service, WorkQueue& queue, std::unique_ptr<net::Listener> listener)
    : service_(service), queue_(queue), listener_(std::move(listener)), next_id_(kFirstId) {}

common::Result<std::unique_ptr<Watch>> Watch::start(Service& service, WorkQueue& queue,
                                                    std::unique_ptr<net::Listener> listener) {
  auto watch = std::unique_ptr<Watch>(new Watch(service, queue, std::move(listener)));
  MAILKEEP_CHECKED(watch->open());
  watch->thread_ = std::jthread([raw = watch.get()] { raw->run(); });
  return watch;
}

common::Status Watch::open() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0) {
    return common::fail(common::ErrorKind::Config, "cannot wait for connections: {}",
                        std::generic_category().message(errno));
  }
  control(epoll_, EPOLL_CTL_ADD, listener_->socket(), kListenerId, EPOLLIN);
  control(epoll_, EPOLL_CTL_ADD, wake_, kWakeId, EPOLLIN);
  return {};
}

Watch::~Watch() {
  is_ending_ = true;
  if (wake_ >= 0) wake();
  if (thread_.joinable()) thread_.join();
  entries_.with([](Entries& entries) { entries.clear(); });
  if (epoll_ >= 0) ::close(epoll_);
  if (wake_ >= 0) ::close(wake_);
}

void Watch::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void Watch::run() {
  Deadline next_sweep = Deadline::in(std::chrono::milliseconds(kSweepMilliseconds));
  std::array<epoll_event, 128> events{};
  while (!is_ending_) {
    const int timeout = static_cast<int>(next_sweep.left().count()) + 1;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kListenerId) {
        accept_all();
      } else if (id == kWakeId) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto got = ::read(wake_, &ignored, sizeof ignored);
      } else {
        on_ready(id);
      }
    }
    if (!is_accepting_) listener_.reset();  // by the thread that uses it
    if (next_sweep.has_passed()) {
      sweep();
      next_sweep = Deadline::in(std::chrono::milliseconds(kSweepMilliseconds));
    }
  }
}

void Watch::accept_all() {
  for (int i = 0; i < kAcceptsAtOnce && listener_ != nullptr; ++i) {
    auto line = listener_->accept();
    if (!line) {
      common::log(LogLevel::Warning, "http.descriptors.exhausted", {{"detail", line.error().text}});
      make_room();
      pause_listening(true);
      return;
    }
    if (*line == nullptr) return;
    admit(std::move(*line));
  }
}

void Watch::pause_listening(bool is_paused) {
  if (listener_ == nullptr || is_paused_ == is_paused) return;
  is_paused_ = is_paused;
  control(epoll_, EPOLL_CTL_MOD, listener_->socket(), kListenerId, is_paused ? 0U : EPOLLIN);
}

void Watch::admit(std::unique_ptr<net::ServerConnection> line) {
  auto connection = std::make_unique<Connection>(std::move(line), service_);
  if (connections() >= service_.options.limits.connections && !make_room()) {
    connection->refuse_for_load();
    return;
  }
  const std::uint64_t id = next_id_++;
  entries_.with([&](Entries& entries) {
    const int socket = connection->socket();
    const Wait wait = connection->first_wait();
    entries.emplace(id, Entry{std::move(connection), true, wait});
    control(epoll_, EPOLL_CTL_ADD, socket, id, one_shot(wait.events));
  });
}

// Whoever has waited longest without a whole request has the least to lose.
bool Watch::make_room() {
  std::unique_ptr<Connection> closed;
  entries_.with([&](Entries& entries) {
    auto oldest = entries.end();
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
      if (!entry->second.is_watched || !entry->second.wait.is_idle) continue;
      if (oldest == entries.end() || entry->first < oldest->first) oldest = entry;
    }
    if (oldest == entries.end()) return;
    closed = std::move(oldest->second.connection);
    entries.erase(oldest);
  });
  return closed != nullptr;
}

void Watch::on_ready(std::uint64_t id) {
  Connection* connection = nullptr;
  bool is_new_request = false;
  entries_.with([&](Entries& entries) {
    const auto found = entries.find(id);
    if (found == entries.end() || !found->second.is_watched) return;
    found->second.is_watched = false;
    connection = found->second.connection.get();
    is_new_request = found->second.wait.is_idle;
  });
  if (connection == nullptr) return;
  if (is_new_request && queue_.waiting() >= service_.options.limits.queue) {
    act_on(id, connection, &Connection::refuse_for_load);
  } else {
    hand_over(id, connection, &Connection::advance);
  }
}

void Watch::sweep() {
  std::vector<std::pair<std::uint64_t, Connection*>> late;
  std::vector<std::unique_ptr<Connection>> closed;
  entries_.with([&](Entries& entries) {
    for (auto entry = entries.begin(); entry != entries.end();) {
      Entry& one = entry->second;
      if (one.is_watched && one.wait.is_idle && service_.is_stopping) {
        closed.push_back(std::move(one.connection));
        entry = entries.erase(entry);
        continue;
      }
      if (one.is_watched && one.wait.until.has_passed()) {
        one.is_watched = false;
        late.emplace_back(entry->first, one.connection.get());
      }
      ++entry;
    }
  });
  for (const auto& [id, connection] : late) hand_over(id, connection, &Connection::expire);
  pause_listening(false);
}

void Watch::hand_over(std::uint64_t id, Connection* connection, Act act) {
  queue_.push([this, id, connection, act] { act_on(id, connection, act); });
}

void Watch::act_on(std::uint64_t id, Connection* connection, Act act) {
  const auto wait = (connection->*act)();
  std::unique_ptr<Connection> closed;
  entries_.with([&](Entries& entries) {
    const auto found = entries.find(id);
    MAILKEEP_CHECK(found != entries.end());
    if (!wait) {
      closed = std::move(found->second.connection);
      entries.erase(found);
      return;
    }
    found->second.wait = *wait;
    found->second.is_watched = true;
    // Under the lock, or the sweep could close the socket first and another take its number.
    control(epoll_, EPOLL_CTL_MOD, connection->socket(), id, one_shot(wait->events));
  });
}

void Watch::stop_accepting() {
  is_accepting_ = false;
  wake();
}

bool Watch::wait_until_quiet(Deadline deadline) {
  for (;;) {
    const bool is_quiet = entries_.with([](const Entries& entries) {
      return std::ranges::all_of(entries, [](const auto& entry) {
        return entry.second.is_watched &&
               (entry.second.wait.is_leaving || entry.second.wait.is_idle);
      });
    });
    if (is_quiet) return true;
    if (deadline.has_passed()) return false;
    std::this_thread::sleep_for(std::min(deadline.left() + 1ms, 10ms));
  }
}

void Watch::cut_all() {
  entries_.with([](Entries& entries) {
    for (auto& [id, entry] : entries) entry.connection->cut();
  });
}

std::size_t Watch::connections() const {
  return entries_.with([](const Entries& entries) { return entries.size(); });
}

}  // namespace mailkeep::api
