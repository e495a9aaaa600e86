// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// DeletionProof: what must hold on our side before a message may be deleted on its server.
//
// The commit is durable (the database is not set to forget), no hold covers the account, the bytes
// were read back from the store whole and equal, and a signed checkpoint covers the log entry. All
// of it is asked anew for each batch. One thread.

#include <string>
#include <vector>

#include "common/result.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/lease.h"
#include "store/states.h"

namespace mailkeep::fetcher {

class DeletionProof {
 public:
  DeletionProof(store::Archive& archive, store::Lease& lease, store::AccountId account)
      : archive_(archive), lease_(lease), account_(account) {}

  // Those of the messages that may be deleted now. None, and objection() says why, where nothing
  // may be. Errors: Database, Busy (the lease was lost).
  common::Result<std::vector<store::Sighted>> proven(std::vector<store::Sighted>&& messages);

  const std::string& objection() const { return objection_; }

 private:
  common::Result<std::string> find_objection();
  common::Result<bool> is_read_back(const store::Sighted& message);

  store::Archive& archive_;
  store::Lease& lease_;
  store::AccountId account_;
  std::string objection_;
};

}  // namespace mailkeep::fetcher
