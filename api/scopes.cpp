// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/scopes.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "common/check.h"
#include "common/printable.h"

namespace mailkeep::api {
namespace {

constexpr std::array<std::pair<Scope, std::string_view>, 13> kNames = {{
    {Scope::MessagesRead, "messages:read"},
    {Scope::RawRead, "raw:read"},
    {Scope::Search, "search"},
    {Scope::AccountsRead, "accounts:read"},
    {Scope::AccountsWrite, "accounts:write"},
    {Scope::SyncRun, "sync:run"},
    {Scope::RepliesSend, "replies:send"},
    {Scope::OutboxRead, "outbox:read"},
    {Scope::AuditRead, "audit:read"},
    {Scope::UsersWrite, "users:write"},
    {Scope::TokensWrite, "tokens:write"},
    {Scope::JobsRead, "jobs:read"},
    {Scope::Metrics, "metrics"},
}};

}  // namespace

std::string_view name_of(Scope scope) {
  for (const auto& [known, name] : kNames)
    if (known == scope) return name;
  MAILKEEP_CHECK(false);
  return {};
}

std::optional<Scope> scope_from(std::string_view name) {
  for (const auto& [scope, known] : kNames)
    if (known == name) return scope;
  return std::nullopt;
}

const Scopes& scopes_of(store::Role role) {
  static const Scopes administrator = {Scope::AccountsRead, Scope::AccountsWrite, Scope::SyncRun,
                                       Scope::UsersWrite,   Scope::TokensWrite,   Scope::JobsRead,
                                       Scope::AuditRead,    Scope::OutboxRead,    Scope::Metrics};
  static const Scopes auditor = {Scope::MessagesRead, Scope::RawRead,   Scope::Search,
                                 Scope::AccountsRead, Scope::AuditRead, Scope::JobsRead,
                                 Scope::OutboxRead,   Scope::Metrics};
  static const Scopes reviewer = {Scope::MessagesRead, Scope::RawRead, Scope::Search,
                                  Scope::AccountsRead, Scope::SyncRun, Scope::RepliesSend,
                                  Scope::OutboxRead};
  if (role == store::Role::Administrator) return administrator;
  return role == store::Role::Auditor ? auditor : reviewer;
}

std::vector<std::string> names_of(const Scopes& scopes) {
  std::vector<std::string> names;
  for (const Scope scope : scopes) names.emplace_back(name_of(scope));
  return names;
}

common::Result<Scopes> scopes_within(store::Role role, const std::vector<std::string>& names) {
  Scopes scopes;
  for (const std::string& name : names) {
    const auto scope = scope_from(name);
    if (!scope)
      return common::fail(common::ErrorKind::Usage, "there is no scope '{}'",
                          common::printable(name));
    if (!scopes_of(role).contains(*scope))
      return common::fail(common::ErrorKind::Usage, "the role {} does not have the scope {}",
                          store::name_of(role), name);
    scopes.insert(*scope);
  }
  return scopes;
}

}  // namespace mailkeep::api
