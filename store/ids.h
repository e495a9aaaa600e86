// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Strong types for what must not be mixed up. All are 64-bit in both databases.

#include <cstdint>

namespace mailkeep::store {

enum class AccountId : std::int64_t {};
enum class EpochId : std::int64_t {};      // one folder under one UIDVALIDITY, numbered as met
enum class OutboxId : std::int64_t {};     // numbered as submitted, from 1
enum class LogPosition : std::int64_t {};  // index of an entry in the log, from 0, contiguous
enum class UserId : std::int64_t {};
enum class TokenId : std::int64_t {};
enum class JobId : std::int64_t {};

template <class Id>
constexpr std::int64_t number(Id id) {
  return static_cast<std::int64_t>(id);
}

}  // namespace mailkeep::store
