// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The SMTP side of an account: where its mail goes out, as whom, and how much of it a day.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/reply/smtp_session.h"
#include "common/clock.h"
#include "common/result.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/outbox.h"

namespace mailkeep::reply {

struct SmtpAddress {
  store::TlsMode tls = store::TlsMode::Implicit;
  std::string user;  // percent-decoded; empty: the account's
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
};

// smtps://[user@]host[:465] is TLS from the first byte (RFC 8314), smtp://[user@]host[:587]
// requires STARTTLS; under the account's "--tls none" it is plain. Config if it is no such URL.
common::Result<SmtpAddress> parse_smtp_url(std::string_view url, store::TlsMode account_tls);

// With the user and the password that log in there. Config if something of it is missing.
common::Result<SmtpServer> smtp_server(store::Archive& archive, const store::Account& account,
                                       const SmtpPatience& patience);

// Recipients in any 24 hours; nothing: no limit that we know of. The account's own setting, else
// what its provider is known to allow.
std::optional<std::uint64_t> daily_budget(const store::AccountSettings& settings);

// When `wanted` more recipients fit into the budget: `now`, or when enough of those that were
// written to in the last 24 hours are older than that.
common::Micros budget_allows(std::uint64_t budget, const std::vector<store::SentCount>& sent,
                             std::uint64_t wanted, common::Micros now);

inline constexpr common::Micros kBudgetWindow = 24LL * 3600 * 1'000'000;

}  // namespace mailkeep::reply
