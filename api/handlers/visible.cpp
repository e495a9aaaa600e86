// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/handlers/visible.h"

#include <algorithm>

#include "store/outbox.h"

namespace mailkeep::api {
namespace {

tl::unexpected<Problem> no_message() {
  return refuse("not-found", "there is no message with this id, or not one that you may see");
}

}  // namespace

tl::expected<VisibleMessage, Problem> find_visible(Services& services, const Caller& caller,
                                                   std::string_view id) {
  const auto digest = common::Digest::from_hex(id);
  if (!digest) return no_message();
  MAILKEEP_TRY(sightings, store::Journal(services.archive).sightings_of(*digest));
  VisibleMessage message{*digest, {}};
  std::copy_if(sightings.begin(), sightings.end(), std::back_inserter(message.sightings),
               [&](const store::Sighting& one) { return caller.may_see(one.account); });
  if (!message.sightings.empty()) return message;
  store::OutboxFilter sent;
  sent.content = *digest;
  if (caller.accounts) {
    sent.accounts.emplace();
    for (const CallerAccount& account : *caller.accounts) sent.accounts->push_back(account.id);
  }
  MAILKEEP_TRY(count, store::Outbox(services.archive).count(sent));
  if (count == 0) return no_message();
  return message;
}

search::Scope scope_of(const Caller& caller) {
  if (!caller.accounts) return std::nullopt;
  std::vector<std::string> names;
  for (const CallerAccount& account : *caller.accounts) names.push_back(account.name);
  return names;
}

}  // namespace mailkeep::api
