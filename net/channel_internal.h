// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Channel: bytes in and out of a non-blocking socket, with or without a layer over it.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/deadline.h"
#include "common/result.h"
#include "net/io_step.h"
#include "net/wait_internal.h"

namespace mailkeep::net {

class Channel {
 public:
  virtual ~Channel() = default;
  virtual common::Result<IoStep> read(char* data, std::size_t size) = 0;
  virtual common::Result<IoStep> write(std::string_view bytes) = 0;
  virtual void end_output() {}  // a layer's own goodbye, without waiting
  virtual std::string description() const = 0;
};

std::unique_ptr<Channel> make_plain_channel(int socket);

// Handshake and verification are done when this returns.
common::Result<std::unique_ptr<Channel>> make_tls_channel(int socket, const std::string& host,
                                                          const std::string& ca_file,
                                                          Waiter& waiter,
                                                          common::Deadline deadline);

}  // namespace mailkeep::net
