// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What passes between a ParserPool and its child. Private to message/.
//
// To the child: frames of u8 kind, u32 length, bytes. Back: first kHello, then for each message one
// frame of u32 length and an encoded ParsedMessage, in order. The child is not trusted: every
// length is bounded and every string checked on the way back.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "message/parsed_message.h"

namespace mailkeep::message {

inline constexpr char kHello = 'h';
inline constexpr std::uint8_t kFrameMessage = 'm';
inline constexpr std::uint8_t kFrameRetire = 'r';  // answer what came before, then make room
inline constexpr std::size_t kFrameHeaderBytes = 5;
inline constexpr std::size_t kMaxRequestBytes = 256UL << 20U;
inline constexpr std::size_t kMaxReplyBytes = 64UL << 20U;

std::string encode(const ParsedMessage& message);

// Nothing if the bytes are not exactly one message with valid UTF-8 throughout.
std::optional<ParsedMessage> decode(std::string_view bytes);

}  // namespace mailkeep::message
