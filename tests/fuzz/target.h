// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What every fuzz target includes: the entry point of libFuzzer and an assertion that ends the
// process.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mailkeep::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace mailkeep::fuzz
