// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Services: what handlers work with. Everything in it outlives the router and may be used by any
// thread.

#include <functional>

#include "api/access_log.h"
#include "api/auth.h"
#include "api/cursor.h"
#include "api/dashboard.h"
#include "api/metrics.h"
#include "api/pool.h"
#include "indexer/search/searcher.h"
#include "message/parser_pool.h"
#include "message/viewer.h"
#include "store/archive.h"
#include "store/proofs.h"

namespace mailkeep::api {

struct Services {
  store::Archive& archive;
  Authenticator& auth;
  AccessLog& access;
  const CursorCodec& cursors;
  Pool<search::Searcher>& searchers;
  Pool<message::Viewer>& viewers;
  Pool<message::ParserPool>& parsers;  // for replies
  store::Proofs& proofs;
  Dashboard& dashboard;
  Metrics& metrics;
  bool metrics_are_open = false;  // for callers on this machine, without a token
  // Tells whoever delivers that something was queued; where nobody is told, it looks for itself.
  std::function<void()> wake_delivery{};
};

}  // namespace mailkeep::api
