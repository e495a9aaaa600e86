// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// LedgerFixture: accounts, epochs and batches in few words, for the tests that need an archive with
// something in it.

#include <string>
#include <utility>
#include <vector>

#include "store/accounts.h"
#include "store/body.h"
#include "store/ledger.h"
#include "store/verify.h"
#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {

class LedgerFixture : public StoreTest {
 protected:
  Ledger ledger() { return Ledger(archive()); }

  AccountId add_account(const std::string& name, Protocol protocol = Protocol::Imap);
  Epoch open(AccountId account, const std::string& folder, std::uint32_t uidvalidity = 7);

  // Seals and expects success.
  SealReport seal(Batch&& batch);
  // Verifies and expects no fault.
  void expect_sound();
  std::vector<Fault> faults();
  UidSet covered(const Epoch& epoch);
  std::string bytes_of(const common::Digest& id);
};

Arrival imap_message(Uid uid, std::string bytes);
Arrival pop3_message(std::string uidl, std::string bytes);
Outcome outcome(UidState state, std::string_view reason, std::string_view uids);
Outcome outcome_of_uidl(UidState state, std::string_view reason, std::string_view uidl);
UidSet uids(std::string_view text);

template <class... Arrivals>
Batch batch_of(EpochId epoch, Arrivals&&... arrivals) {
  Batch batch;
  batch.epoch = epoch;
  (batch.arrivals.push_back(std::forward<Arrivals>(arrivals)), ...);
  return batch;
}

}  // namespace mailkeep::store
