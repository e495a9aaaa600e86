// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rescue: mail that arrived and could not be sealed, because the database failed in that moment.
//
// Some POP3 servers never offer again what was retrieved once, so it is written beside the database
// (<data>/rescue/ARCHIVE-ACCOUNT/, one file a message, docs/formats.md) and sealed by the next pass
// on this machine. Only files of the same archive and account are taken. One thread at a time for
// each account (its Lease). Errors: Disk, Config (rights), and those of Ledger::seal.

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/result.h"
#include "store/archive.h"
#include "store/ledger.h"

namespace mailkeep::store {

class Rescue {
 public:
  // Asks the database which archive it is: keep() then needs it no more.
  static common::Result<Rescue> open(Archive& archive, AccountId account);

  // The arrivals of a batch that could not be sealed. Durable on return.
  common::Status keep(const Batch& batch) const;

  // Seals what lies there into the epoch and removes it; how many messages that were. A damaged
  // file is logged and stays.
  common::Result<std::uint64_t> seal_kept(Ledger& ledger, EpochId epoch) const;

 private:
  explicit Rescue(const std::filesystem::path& data_dir, const std::string& name)
      : data_dir_(data_dir), folder_(data_dir / "rescue" / name) {}

  std::filesystem::path data_dir_;
  std::filesystem::path folder_;
};

}  // namespace mailkeep::store
