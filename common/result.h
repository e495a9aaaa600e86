// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Result<T>: a value or an Error. What operation can bring is a Result; our own mistakes are a
// CHECK.

#include <fmt/format.h>

#include <tl/expected.hpp>
#include <utility>

#include "common/error.h"

namespace mailkeep::common {

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

template <class... Args>
[[nodiscard]] tl::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format,
                                         Args&&... args) {
  return tl::unexpected<Error>(Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace mailkeep::common

// The two control-flow macros of the tree: take the value, or return the error to the caller.
#define MAILKEEP_TRY(name, expression)                                         \
  auto name##_result = (expression);                                           \
  if (!name##_result) return tl::unexpected(std::move(name##_result).error()); \
  auto&& name = *name##_result
#define MAILKEEP_CHECKED(expression)                            \
  do {                                                          \
    if (auto checked_result = (expression); !checked_result)    \
      return tl::unexpected(std::move(checked_result).error()); \
  } while (false)
