// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What one caller may see of a message: the places in the accounts that are open to the caller. A
// message without such a place does not exist for the caller, and the answer is that of an id that
// nobody has.

#include <string_view>
#include <vector>

#include "api/auth.h"
#include "api/problem.h"
#include "api/services.h"
#include "common/digest.h"
#include "indexer/search/search_result.h"
#include "store/journal.h"

namespace mailkeep::api {

struct VisibleMessage {
  common::Digest id;
  std::vector<store::Sighting> sightings;  // in order of their positions; none for what was sent
};

// id: 64 hexadecimal digits. Problem: not-found.
tl::expected<VisibleMessage, Problem> find_visible(Services& services, const Caller& caller,
                                                   std::string_view id);

// The caller's accounts as a search is limited to them.
search::Scope scope_of(const Caller& caller);

}  // namespace mailkeep::api
