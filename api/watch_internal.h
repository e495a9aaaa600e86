// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Watch: one thread that waits for every connection that nobody works on, and for new ones. It
// hands those that are ready to the work queue and those whose time has passed too.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>

#include "api/connection_internal.h"
#include "api/service_internal.h"
#include "api/work_queue_internal.h"
#include "common/deadline.h"
#include "common/guarded.h"
#include "common/result.h"
#include "net/listener.h"

namespace mailkeep::api {

class Watch {
 public:
  // The three must outlive the Watch; the queue must be closed before the Watch goes.
  static common::Result<std::unique_ptr<Watch>> start(Service& service, WorkQueue& queue,
                                                      std::unique_ptr<net::Listener> listener);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void stop_accepting();                             // and closes idle connections
  bool wait_until_quiet(common::Deadline deadline);  // no request is at work any more
  void cut_all();
  std::size_t connections() const;

 private:
  struct Entry {
    std::unique_ptr<Connection> connection;
    bool is_watched = false;  // else a thread works on it, and only that thread may touch it
    Wait wait;
  };
  using Entries = std::unordered_map<std::uint64_t, Entry>;
  using Act = std::optional<Wait> (Connection::*)();

  Watch(Service& service, WorkQueue& queue, std::unique_ptr<net::Listener> listener);
  common::Status open();
  void run();
  void accept_all();
  void admit(std::unique_ptr<net::ServerConnection> line);
  bool make_room();
  void on_ready(std::uint64_t id);
  void sweep();
  void hand_over(std::uint64_t id, Connection* connection, Act act);
  void act_on(std::uint64_t id, Connection* connection, Act act);
  void pause_listening(bool is_paused);
  void wake() const;

  Service& service_;
  WorkQueue& queue_;
  std::unique_ptr<net::Listener> listener_;
  int epoll_ = -1;
  int wake_ = -1;  // an eventfd
  std::uint64_t next_id_;
  bool is_paused_ = false;
  mutable common::Guarded<Entries> entries_;
  std::atomic<bool> is_ending_{false};
  std::atomic<bool> is_accepting_{true};
  std::jthread thread_;
};

}  // namespace mailkeep::api
