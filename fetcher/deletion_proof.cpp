// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/deletion_proof.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "store/checkpoints.h"
#include "store/contents.h"
#include "store/durability.h"
#include "store/holds.h"

namespace mailkeep::fetcher {

using common::ErrorKind;
using common::Result;
using common::Status;
using store::Sighted;

Result<std::vector<Sighted>> DeletionProof::proven(std::vector<Sighted>&& messages) {
  std::vector<Sighted> good;
  for (Sighted& message : messages) {
    MAILKEEP_TRY(is_whole, is_read_back(message));
    if (is_whole) good.push_back(std::move(message));
  }
  if (good.empty()) return good;
  const auto newest = std::max_element(good.begin(), good.end(), [](const auto& a, const auto& b) {
    return a.position < b.position;
  });
  auto checkpoint = store::covering_checkpoint(archive_, newest->position);
  if (!checkpoint) {
    objection_ = checkpoint.error().text;
    return std::vector<Sighted>();
  }
  // Order: last, because a hold that comes while messages are read back must still count.
  MAILKEEP_TRY(objection, find_objection());
  objection_ = std::move(objection);
  if (!objection_.empty()) good.clear();
  return good;
}

Result<std::string> DeletionProof::find_objection() {
  if (!lease_.is_held())
    return common::fail(ErrorKind::Busy, "the lock on the account was lost; try again later");
  MAILKEEP_TRY(weakness, store::reduced_durability(archive_));
  if (!weakness.empty()) return weakness;
  MAILKEEP_TRY(is_held, store::Holds(archive_).is_held(account_));
  return std::string(is_held ? "a hold covers the account" : "");
}

// Contents::read compares the hash of all bytes with the message's name before it says yes.
Result<bool> DeletionProof::is_read_back(const Sighted& message) {
  const auto read =
      store::Contents(archive_).read(message.content, [](std::string_view) { return Status(); });
  if (read) return true;
  const bool is_damaged =
      read.error().kind == ErrorKind::Corrupt || read.error().kind == ErrorKind::NotFound;
  if (!is_damaged) return tl::unexpected(read.error());
  common::log(common::LogLevel::Error, "delete.not_readable",
              {{"message", message.content.hex()}, {"error", read.error().text}});
  return false;
}

}  // namespace mailkeep::fetcher
