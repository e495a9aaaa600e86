// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Enumerations as words in columns: one table for each gives both directions. Private to store/.

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/printable.h"
#include "common/result.h"

namespace mailkeep::store {

template <class Enum, std::size_t N>
using EnumWords = std::array<std::pair<Enum, std::string_view>, N>;

template <class Enum, std::size_t N>
std::string_view word_for(const EnumWords<Enum, N>& words, Enum value) {
  for (const auto& [known, word] : words)
    if (known == value) return word;
  MAILKEEP_CHECK(false);
  return {};
}

template <class Enum, std::size_t N>
std::optional<Enum> enum_from(const EnumWords<Enum, N>& words, std::string_view given) {
  for (const auto& [value, word] : words)
    if (word == given) return value;
  return std::nullopt;
}

// Corrupt where a row of `table` holds another word.
template <class Enum, std::size_t N>
common::Result<Enum> enum_in_row(const EnumWords<Enum, N>& words, std::string_view given,
                                 std::string_view table) {
  if (const auto value = enum_from(words, given)) return *value;
  return common::fail(common::ErrorKind::Corrupt,
                      "a row of {} holds the word \"{}\": run mailkeep verify", table,
                      common::printable(given));
}

}  // namespace mailkeep::store
