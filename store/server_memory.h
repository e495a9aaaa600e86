// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ServerMemory: what was learnt of a mail server that it does not say by itself: a command that
// makes it hang, an extension that it announces and does not have, how many connections it bears.
//
// A trait is a short word such as "capa-hangs", "no:COMPRESS=DEFLATE", "idle-seconds",
// "connection-cap"; it expires, so that a server that was mended is believed again. Working state,
// no evidence: whoever loses it learns it again. Host names are compared in lower case. Durable on
// return; any thread may call. Errors: Database.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::store {

inline constexpr std::string_view kTraitConnectionCap = "connection-cap";

struct ServerTrait {
  std::string host;
  std::uint16_t port = 0;
  std::string trait, value;
  common::Micros until = 0;
};

class ServerMemory {
 public:
  static constexpr std::chrono::hours kUsualTime{7 * 24};

  explicit ServerMemory(Archive& archive) : archive_(archive) {}

  // Nothing if it was never learnt or has expired.
  common::Result<std::optional<std::string>> get(std::string_view host, std::uint16_t port,
                                                 std::string_view trait);
  // In the place of what was known. until: none for a week from now.
  common::Status remember(std::string_view host, std::uint16_t port, std::string_view trait,
                          std::string_view value, std::optional<common::Micros> until = {});
  common::Status forget(std::string_view host, std::uint16_t port, std::string_view trait);

  // All that holds now; empty: of every server and of every trait.
  common::Result<std::vector<ServerTrait>> list(std::string_view trait = {});

 private:
  Archive& archive_;
};

}  // namespace mailkeep::store
