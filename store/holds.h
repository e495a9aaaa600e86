// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Holds: mail that nothing may be deleted of, on the server or here, however old it is.
//
// A hold covers everything, one account, or the accounts of one custodian (also those that get this
// custodian later). Making and releasing one are entries of the log (kinds Hold and Release); the
// rows of `holds` say in columns what those entries say. A name is used once.
// Durable on return; any thread may call. Errors: Database, and what stands at each function.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

enum class HoldScope { Everything, Account, Custodian };

struct Hold {
  std::string name;
  HoldScope scope = HoldScope::Everything;
  std::optional<AccountId> account;  // of the scope Account
  std::string custodian;             // of the scope Custodian
  std::string actor;                 // who made it
  common::Micros created = 0;
  std::optional<common::Micros> released;  // none: it holds
};

class Holds {
 public:
  explicit Holds(Archive& archive) : archive_(archive) {}

  // name, scope, and what the scope names; the rest is filled in. Conflict if there was one of this
  // name ever; NotFound for an account that is not there; Usage for a name that is not printable.
  common::Result<Hold> add(const Hold& hold, std::string_view actor);
  // NotFound; Conflict if it was released already.
  common::Result<Hold> release(std::string_view name, std::string_view actor);
  common::Result<std::vector<Hold>> list();  // by name, released ones too

  // Whether any hold covers the account now: whoever deletes asks in the moment before.
  common::Result<bool> is_held(AccountId account);

 private:
  Archive& archive_;
};

std::string_view name_of(HoldScope scope);  // "everything" "account" "custodian"

}  // namespace mailkeep::store
