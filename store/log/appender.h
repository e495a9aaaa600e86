// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// LogAppender: the entries of one write transaction on their way into the log.
//
// The head row is locked at the first append (or lock_head()) and held until the transaction ends;
// whoever appends writes everything that takes time (bytes above all) before it. Nothing is in the
// database until finish() has returned success; a transaction that ends without it appends nothing.
// The head row (one = 1, size 0, empty frontier) is made with the schema. Errors: Database,
// Corrupt.

#include <optional>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/digest.h"
#include "common/result.h"
#include "store/ids.h"
#include "store/log/entry.h"
#include "store/log/merkle.h"
#include "store/sql/database.h"

namespace mailkeep::store {

class LogAppender {
 public:
  // The connection is that of an open write transaction and outlives the appender.
  explicit LogAppender(Connection& connection) : connection_(connection) {}

  // Locks the head if need be; the position that the next append will return.
  common::Result<LogPosition> lock_head();
  // content: the digest of the raw bytes, for the kinds that have one. fact: see facts.h.
  common::Result<LogPosition> append(EntryKind kind, common::Micros time,
                                     const std::optional<common::Digest>& content,
                                     std::string_view fact);
  // The root over all that is appended so far; the head must be locked.
  common::Digest root() const { return frontier_.root(); }
  // Writes entries, salts and the moved head. Nothing happens if nothing was appended.
  common::Status finish();

 private:
  common::Status write_out();
  Connection& connection_;
  bool is_locked_ = false;
  Frontier frontier_;
  std::vector<std::vector<Value>> entries_;
  std::vector<std::vector<Value>> salts_;
};

}  // namespace mailkeep::store
