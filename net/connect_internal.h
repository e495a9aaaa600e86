// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// From a host's name to a connected, non-blocking socket.

#include "common/deadline.h"
#include "common/result.h"
#include "net/stream.h"
#include "net/wait_internal.h"

namespace mailkeep::net {

// The caller owns the socket.
common::Result<int> connect_socket(const Endpoint& endpoint, common::Deadline deadline,
                                   Waiter& waiter);

}  // namespace mailkeep::net
