// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What passes between a parent and its caged child. Private to message/.
//
// To the child: frames of u8 kind, u32 length, bytes. Back: first kHello, then for each request, in
// order, frames of u32 length and bytes: for a message one with an encoded ParsedMessage, for a
// view one with an encoded MessageView, for a part one that says what was found, and if it was
// found its bytes in frames of at most kMaxPieceBytes up to an empty one. The child is not trusted:
// every length is bounded, every string checked on the way back, and HTML must be in the form that
// the sanitiser writes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "message/make_view.h"
#include "message/parsed_message.h"
#include "message/view.h"

namespace mailkeep::message {

inline constexpr char kHello = 'h';
inline constexpr std::uint8_t kFrameMessage = 'm';
inline constexpr std::uint8_t kFrameView = 'v';
inline constexpr std::uint8_t kFramePart = 'p';    // a field with the number, then the message
inline constexpr std::uint8_t kFrameRetire = 'r';  // answer what came before, then make room
inline constexpr std::size_t kFrameHeaderBytes = 5;
inline constexpr std::size_t kMaxRequestBytes = 256UL << 20U;
inline constexpr std::size_t kMaxReplyBytes = 64UL << 20U;
inline constexpr std::size_t kMaxNumberBytes = 512;  // of a part, 50 deep with each up to 10,000
inline constexpr std::size_t kMaxPieceBytes = 1UL << 20U;
inline constexpr std::size_t kMaxPartBytes = kMaxRequestBytes;  // decoding makes nothing longer

std::string encode(const ParsedMessage& message);

// Nothing if the bytes are not exactly one message with valid UTF-8 throughout.
std::optional<ParsedMessage> decode(std::string_view bytes);

std::string encode(const MessageView& view);
std::optional<MessageView> decode_view(std::string_view bytes);

struct PartReply {
  PartFinding finding = PartFinding::NotFound;
  Part part;  // if it was found; all but its size
};
std::string encode(const PartReply& reply);
std::optional<PartReply> decode_part(std::string_view bytes);

}  // namespace mailkeep::message
