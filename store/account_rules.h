// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What an account's settings may be, the same for the command line and the API. Opens no
// connection.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "store/accounts.h"

namespace mailkeep::store {

inline constexpr std::uint32_t kMinIntervalSeconds = 10;
inline constexpr std::uint32_t kMaxIntervalSeconds = 7 * 24 * 3600;
inline constexpr std::uint32_t kMaxDeleteAfterDays = 36'500;

struct NumberWish {
  bool is_given = false;
  std::optional<std::uint32_t> value;  // none: unset
};

// What somebody asks for. What is not given stays as it is.
struct AccountWish {
  std::optional<std::string> url;  // imaps://user@host[:port]; replaces server, user and TLS mode
  std::optional<std::string> tls;  // "implicit", "starttls", "none"; with a URL, as it reads it
  std::optional<std::string> ca_file, custodian, address, smtp_url, smtp_user;
  std::optional<std::vector<std::string>> include, exclude;
  NumberWish interval_seconds, send_budget, delete_after_days;
};

// Usage, or Config for a CA file that is not there.
common::Result<AccountSettings> settings_for_new(const std::string& name, const AccountWish& wish);
// Usage besides for a URL of another protocol.
common::Result<AccountSettings> settings_changed(const AccountSettings& settings,
                                                 const AccountWish& wish);

}  // namespace mailkeep::store
