// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Services: what handlers work with. Everything in it outlives the router and may be used by any
// thread.

#include <functional>

#include "api/access_log.h"
#include "api/auth.h"
#include "api/cursor.h"
#include "store/archive.h"

namespace mailkeep::api {

struct Services {
  store::Archive& archive;
  Authenticator& auth;
  AccessLog& access;
  const CursorCodec& cursors;
  // Tells whoever delivers that something was queued; where nobody is told, it looks for itself.
  std::function<void()> wake_delivery{};
};

}  // namespace mailkeep::api
