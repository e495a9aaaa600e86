// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HostCheck: whether a Host field names us. A page of another site whose name was made to lead here
// (DNS rebinding) still says its own name in it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::api {

class HostCheck {
 public:
  HostCheck(const std::string& address, std::uint16_t port,
            const std::vector<std::string>& allowed_hosts);

  bool is_ours(std::string_view host) const;

 private:
  std::vector<std::string> hosts_;  // each with the port and without
};

}  // namespace mailkeep::api
