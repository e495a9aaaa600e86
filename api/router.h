// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Router: from method and path to a handler. Exact segments and {placeholders}, no patterns; a
// literal segment goes before a placeholder.
//
// HEAD is answered by the GET handler without its body, OPTIONS with Allow (and no CORS header: no
// other origin may read anything), a known path with another method with 405.
// Routes are added before the server starts; afterwards any thread may ask.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/problem.h"
#include "api/request.h"
#include "api/server.h"

namespace mailkeep::api {

struct RouteOptions {
  std::uint64_t max_body = std::uint64_t{1} << 20U;  // bytes
};

struct Route {
  Method method;
  std::string pattern;
};

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // "/api/v1/messages/{id}/raw". A second handler for the same method and pattern is our own
  // mistake and ends the process. A placeholder matches one segment that is not empty.
  void add(Method method, const std::string& pattern, Handler handler, RouteOptions options = {});

  // Fills in `route` and `parameters` and asks the handler.
  Answer handle(Request& request) const;

  // How large the body may be, or the refusal that the route would give; looks at the head only.
  tl::expected<std::uint64_t, Problem> max_body(const Request& head) const;

  std::vector<Route> routes() const;  // sorted by pattern

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

// What the server runs. To put authentication or rate limits in front, wrap the two functions.
Application make_application(std::shared_ptr<const Router> router);

}  // namespace mailkeep::api
