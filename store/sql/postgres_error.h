// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The one place where exceptions of libpqxx become errors of ours.

#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "common/result.h"
#include "store/sql/postgres_url.h"

namespace mailkeep::store {

// While connecting, the server gives no code; the words decide.
common::Error connect_error(const PostgresUrl& url, const std::exception& error);
common::Error statement_error(const PostgresUrl& url, const std::exception& error);

// Runs what calls libpqxx. No memory ends the process; all else becomes an error.
template <class Function>
auto guarded(const PostgresUrl& url, Function&& function) -> decltype(function()) {
  try {
    return std::forward<Function>(function)();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return tl::unexpected(statement_error(url, error));
  }
}

}  // namespace mailkeep::store
