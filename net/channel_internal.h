// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Channel: bytes in and out of a non-blocking socket, with or without a layer over it.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/deadline.h"
#include "common/result.h"
#include "net/wait_internal.h"

namespace mailkeep::net {

// What one attempt brought: bytes, or the poll(2) events to wait for, or the orderly end.
struct IoStep {
  std::size_t bytes = 0;
  short events = 0;
  bool is_end = false;
};

class Channel {
 public:
  virtual ~Channel() = default;
  virtual common::Result<IoStep> read(char* data, std::size_t size) = 0;
  virtual common::Result<IoStep> write(std::string_view bytes) = 0;
  virtual std::string description() const = 0;
};

std::unique_ptr<Channel> make_plain_channel(int socket);

// Handshake and verification are done when this returns.
common::Result<std::unique_ptr<Channel>> make_tls_channel(int socket, const std::string& host,
                                                          const std::string& ca_file,
                                                          Waiter& waiter,
                                                          common::Deadline deadline);

}  // namespace mailkeep::net
