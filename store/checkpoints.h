// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Checkpoints: the log's head, signed (Ed25519) in the C2SP tlog-checkpoint form.
//
// The key is <data>/signer.key (0600), made at first use; its public half <data>/signer.pub
// (a C2SP note verifier key). Durable on return. Errors: Database, Disk, Config.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

struct Checkpoint {
  std::uint64_t size = 0;   // entries it covers
  common::Micros time = 0;  // when it was signed, as its extension line states
  std::string note;         // the signed text, ready to be given away
};

// Signs the head. The same head twice gives the checkpoint that is there already.
common::Result<Checkpoint> sign_checkpoint(Archive& archive);
common::Result<std::optional<Checkpoint>> latest_checkpoint(Archive& archive);

// A checkpoint that covers the entry: the latest, if its signature is good under signer.pub; else a
// new one. Config if the log is signed elsewhere, with a key that is not here, and no checkpoint
// from there covers the entry yet.
common::Result<Checkpoint> covering_checkpoint(Archive& archive, LogPosition entry);

// Newest first; before: only smaller ones.
common::Result<std::vector<Checkpoint>> list_checkpoints(Archive& archive,
                                                         std::optional<std::uint64_t> before,
                                                         std::size_t limit);
common::Result<std::uint64_t> count_checkpoints(Archive& archive);

// The line in signer.pub; empty before the first checkpoint.
std::string public_key_line(const Archive& archive);

}  // namespace mailkeep::store
