// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The request target (RFC 9112 §3.2): from the text in the request line to decoded segments and
// query. Decoded once; what could mean something else to a second reader is refused.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/problem.h"
#include "api/request.h"

namespace mailkeep::api {

struct Target {
  std::string path;
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
  std::string authority;  // of an absolute-form target; empty otherwise
};

tl::expected<Target, Problem> parse_target(std::string_view text, Method method);

}  // namespace mailkeep::api
