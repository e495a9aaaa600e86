// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Scopes: what a caller may do. A role is the upper bound of what any of its user's tokens may.
// Pure.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "store/users.h"

namespace mailkeep::api {

enum class Scope {
  MessagesRead,  // metadata, text and parts
  RawRead,       // the exact bytes
  Search,
  AccountsRead,
  AccountsWrite,
  SyncRun,
  RepliesSend,
  OutboxRead,
  AuditRead,
  UsersWrite,
  TokensWrite,  // of all users; one's own need it only where a token asks
  JobsRead,
  Metrics,
};

using Scopes = std::set<Scope>;

std::string_view name_of(Scope scope);  // "messages:read"
std::optional<Scope> scope_from(std::string_view name);

// Administrators see no mail; reviewers are bound to their accounts besides.
const Scopes& scopes_of(store::Role role);

std::vector<std::string> names_of(const Scopes& scopes);
// Usage, with the scope's name, for one that there is not or that the role does not have.
common::Result<Scopes> scopes_within(store::Role role, const std::vector<std::string>& names);

}  // namespace mailkeep::api
