// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/lease.h"

#include "store/sql/database.h"

namespace mailkeep::store {

struct Lease::Impl {
  std::unique_ptr<Database::Lock> lock;
};

common::Result<Lease> Lease::take(Archive& archive, std::string_view name) {
  MAILKEEP_TRY(lock, archive.database().try_lock(name));
  return Lease(std::make_unique<Impl>(Impl{std::move(lock)}));
}

Lease::Lease(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&&) noexcept = default;
Lease::~Lease() = default;

bool Lease::is_held() { return impl_ != nullptr && impl_->lock->is_held(); }

}  // namespace mailkeep::store
