// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/host_check_internal.h"

#include <algorithm>

#include "api/request.h"

namespace mailkeep::api {

HostCheck::HostCheck(const std::string& address, std::uint16_t port,
                     const std::vector<std::string>& allowed_hosts) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "[::1]"};
  names.push_back(address.find(':') == std::string::npos ? address : "[" + address + "]");
  // A name may bring a port of its own: that of a proxy in front.
  names.insert(names.end(), allowed_hosts.begin(), allowed_hosts.end());
  for (const std::string& name : names) {
    if (name.empty()) continue;
    hosts_.push_back(name);
    hosts_.push_back(name + ":" + std::to_string(port));
  }
}

bool HostCheck::is_ours(std::string_view host) const {
  return std::ranges::any_of(
      hosts_, [host](const std::string& known) { return equal_ignoring_case(known, host); });
}

}  // namespace mailkeep::api
