// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/handlers/handlers.h"

namespace mailkeep::api {

void add_route(Router& router, Services& services, Method method, const std::string& pattern,
               ServiceHandler handler) {
  router.add(method, pattern,
             [&services, handler](const Request& request) { return handler(services, request); });
}

}  // namespace mailkeep::api
