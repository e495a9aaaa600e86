// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Lease: the right of one process to work on one account (or on the index), given up by the kernel
// or the database server when its holder dies: flock(2) beside SQLite, a session advisory lock on a
// connection of its own in PostgreSQL.

#include <memory>
#include <string_view>

#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::store {

class Lease {
 public:
  // name: "account-7", "indexer". Busy if somebody else holds it; never waits.
  static common::Result<Lease> take(Archive& archive, std::string_view name);
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  ~Lease();

  // PostgreSQL: the connection that carries the lock is still there. Asked before each seal; when
  // it is gone another host may be at work on the account, and this one must stop.
  bool is_held();

 private:
  struct Impl;
  explicit Lease(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::store
