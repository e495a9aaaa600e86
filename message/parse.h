// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// parse: bytes to meaning, with GMime. Pure; any limit that is reached is named in the result.
// Run it only inside a sandboxed child (parser_pool.h) on mail from the world.

#include <cstddef>
#include <string_view>

#include "message/parsed_message.h"

namespace mailkeep::message {

struct ParseLimits {
  std::size_t depth = 50;  // nested multiparts and messages
  std::size_t parts = 10'000;
  std::size_t header_bytes = 1UL << 20U;  // of one header block
  std::size_t text_bytes = 16UL << 20U;   // of all text together
  std::size_t recipients = 20'000;
};

ParsedMessage parse(std::string_view raw, const ParseLimits& limits = {});

// Headers alone, without GMime: for a message on which the parser died.
ParsedMessage parse_headers_only(std::string_view raw);

}  // namespace mailkeep::message
